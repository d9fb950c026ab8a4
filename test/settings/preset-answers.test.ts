import { describe, expect, test } from "bun:test";
import { isComplete, isRefusal, lifetimeOf } from "../../src/services/fetch/answer-rules.ts";
import { AnswerText } from "../../src/services/fetch/answer-text.ts";
import { presets } from "../../src/settings/presets.ts";
import { optionsOf } from "../support/preset.ts";

const SECOND = 1000;
const answerOf = (text: string) => new AnswerText(Buffer.from(text, "latin1"));

describe("--preset whois", () => {
  const rules = optionsOf("whois");
  const ttlOf = (answer: string) => lifetimeOf(answerOf(answer), rules).ttl;
  const refuses = (answer: string) => isRefusal(answerOf(answer), rules);

  test.each([
    // The regional registries: RIPE, APNIC and AFRINIC; LACNIC and registro.br; ARIN.
    "%ERROR:201: access denied for 192.0.2.1",
    "%ERROR:202: access control limit reached",
    "%ERROR:306: connections exceeded",
    "% Query rate limit exceeded. Reduced information.",
    "% Query rate limit exceeded",
    "% Maximum concurrent connections limit exceeded",
    "% Permission denied.",
    "% Permiss\xe3o negada.",
    "ERROR 503: Unable to service request due to high volume.",
    // Others.
    "request limit exceeded for 127.0.0.1",
    "WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS",
    "You have exceeded your quota of queries.",
    "Number of allowed queries exceeded.",
    "The WHOIS query quota for 192.0.2.1 has been exceeded\r\nand will be replenished in 50 seconds.",
    "only 1 request per second allowed, try again later",
    "whois.domain-registry.nl: only 1 request per second allowed, try again later",
    "whois.domain-registry.nl: daily whois-limit exceeded",
    "Your connection limit exceeded. Please slow down and try again later.",
    "% Error: 55000000002 Connection refused; access control limit reached.",
    "-1: Still in grace period, wait 17 seconds",
    "% Excessive querying, grace period of 2 seconds",
    "% Maximum queries per hour reached (100)",
    "Maximum Daily connection limit reached. Lookup refused.",
    "# Too many connections.",
    "Too many connection attempts. Please try again in a few seconds.",
    "Please go away for 13 Seconds",
    "%% Too many requests...",
    "Your access is too fast,please try again later.",
    "Queried interval is too short.",
    "Requests of this client are not permitted. Please use https://www.nic.ch/whois/ for queries.",
    "Look up quota exceeded",
    "Lookup quota exceeded",
    "query_status: 440 Request Denied",
  ])("takes %j for a refusal, before and after whatever", (refusal) => {
    const terms = "% Terms and conditions apply.\r\n".repeat(70);
    for (const answer of [refusal, `${terms}${refusal}\r\n`, `${refusal}\r\n${terms}No entries found\r\n`]) {
      expect(refuses(answer)).toBe(true);
    }
  });

  test.each([
    "You agree not to use high-volume, automated processes. Access may be limited or denied when exceeded.",
    "% Excessive querying will result in your address being blacklisted.",
    "The Registry reserves the right to restrict access to those who send too many queries.",
    "% The number of requests per hour is limited; see the grace period policy.",
    "Grace period: the domain is in its add grace period, redemption grace period, or wait list.",
    "NOTICE: access to WHOIS is rate limited. Connection refused means that a quota was exceeded.",
    "% Too many requests from one address may lead to a ban.",
    // Text that registrants may write there.
    "remarks:        WHOIS LIMIT EXCEEDED",
    "remarks:        this network\n                WHOIS LIMIT EXCEEDED\n+               Too many requests",
    "descr: %ERROR:306: connections exceeded",
    "Registrant Name: Too many requests",
  ])("keeps an answer in which stands %j", (text) => {
    const answer = `domain: example.org\r\n${text}\r\n`;
    expect(refuses(answer)).toBe(false);
    expect(ttlOf(answer)).toBe(3600 * SECOND);
  });

  test("accepts a long answer, whatever its words", () => {
    expect(refuses(`${"% Terms\n".repeat(600)}WHOIS LIMIT EXCEEDED\n`)).toBe(false);
  });

  test.each([
    "%ERROR:100: internal software error",
    "%ERROR:203: you are not allowed to act as a proxy",
    "%ERROR:203: address passing not allowed",
    "%ERROR:301: connection has been closed",
    "%ERROR:305: connection has been closed",
    "%ERROR:401: invalid range: Not within 1-2",
  ])("does not keep %j, which is nobody's refusal", (error) => {
    const answer = `% This is the RIPE Database query service.\n\n${error}\n\n`;
    expect(refuses(answer)).toBe(false);
    expect(ttlOf(answer)).toBe(0);
  });

  test.each([
    'No match for "EXAMPLE.ORG".',
    "Domain not found.",
    "%ERROR:101: no entries found",
    "No Data Found",
    "Status: free",
    "Nothing found for this query.",
  ])("keeps %j for a minute", (answer) => expect(ttlOf(`% Terms\r\n${answer}\r\n`)).toBe(60 * SECOND));
});

/** Answers, and a preset's verdict. */
const ANSWERS: readonly [preset: string, answer: string, verdict: "kept" | "not kept" | "failed"][] = [
  ["checkmk", "<<<check_mk>>>\nVersion: 2.2\n", "kept"],
  [
    "checkmk",
    "bash: warning: setlocale: LC_ALL: cannot change locale (xx)\n<<<check_mk>>>\nVersion: 2.2\n",
    "kept",
  ],
  ["checkmk", "\xef\xbb\xbf<<<check_mk>>>\r\nVersion: 2.0\r\n", "kept"],
  ["checkmk", "03\x8a\xf1\0", "kept"], // Encrypted, in the old format.
  ["checkmk", "00\x8a\xf1\0", "kept"],
  ["checkmk", "Permission denied\n", "failed"],
  ["checkmk", "bash: warning: <<<check_mk>>>\n", "failed"],
  ["checkmk", "16", "failed"], // It waits for TLS.
  ["healthcheck", "HTTP/1.1 200 OK\r\n\r\nsynced", "kept"],
  ["healthcheck", "HTTP/1.1 200 OK\r\n\r\n 503 rows are down", "kept"],
  ["healthcheck", "HTTP/1.1 503 Service Unavailable\r\n\r\n", "not kept"],
  ["healthcheck", "HTTP/1.0 404 Not Found\r\n\r\n", "not kept"],
  ["healthcheck", "up 100%\n", "kept"],
  ["healthcheck", "ready maxconn:30\n", "kept"],
  ["healthcheck", "down#database is gone\n", "not kept"],
  ["healthcheck", "50%, DRAIN\n", "not kept"],
  ["gmond", "<GANGLIA_XML></GANGLIA_XML>\n", "kept"],
  ["gmond", "<GANGLIA_XML><CLUSTER>", "failed"],
  ["json-stats", '{"workers":[{}]}\n', "kept"],
  ["json-stats", '{"workers":[{"id":1', "failed"],
  ["json-stats", '{"workers":[{"id":1}', "failed"],
  ["json-stats", '{"workers":[{"id":"}', "failed"],
  ["daytime", "Sun 22 NOV 2026 12:00:00\r\n", "not kept"],
  ["finger", "Login: root\r\n", "kept"],
  ["gopher", "iPoems\t\tlocalhost\t70\r\n.\r\n", "kept"],
  ["gopher", "3Not found\t\terror.host\t1\r\n.\r\n", "not kept"],
  ["gopher", "3'/x' does not exist (no handler found)\t\terror.host\t1\r\n", "not kept"],
  ["gopher", "3 blind mice\r\nsee how they run\r\n", "kept"],
  ["gopher", "3\tblind mice\r\n", "kept"],
  ["gopher", "Error: File or directory not found! (null)\r\n", "not kept"], // Gophernicus, asked for a text file.
  ["gopher", "Error: Access denied! Refusing to serve out dotfiles\r\n", "not kept"],
  [
    "gopher",
    "<!DOCTYPE HTML>\n<HTML>\n<HEAD>\n  <TITLE>Error: File or directory not found! </TITLE>",
    "not kept",
  ],
  ["gopher", "Error: a short story\r\n", "kept"],
  ["nex", "poems/\n", "kept"],
  ["zookeeper", "imok", "kept"],
  ["zookeeper", "ruok is not executed because it is not in the whitelist.\n", "not kept"],
  ["zookeeper", "This ZooKeeper instance is not currently serving requests\n", "not kept"],
  ["haproxy", "Name: HAProxy\n", "kept"],
  ["haproxy", "description: Unknown command\n", "kept"],
  ["haproxy", "Unknown command: 'show'\n", "not kept"],
  ["haproxy", "Permission denied\n", "not kept"],
  ["livestatus", "200          11\nhost;state\n", "kept"],
  ["livestatus", "404          22\nInvalid GET request\n", "not kept"],
  ["livestatus", "404 seconds;donne\n", "kept"], // No header was asked for.
  ["livestatus", "", "kept"],
  ["unbound", "total.num.queries=5\n", "kept"],
  ["unbound", "error unknown command\n", "not kept"],
  ["xymon", "green www.conn\n", "kept"],
  ["xymon", "", "kept"],
  ["nrpe", "\0\x03\0\x02", "kept"],
  ["zabbix", "ZBXD\x01\x01\0\0\0\0\0\0\x001", "kept"],
  ["zabbix", "ZBXD\x01\x13\0\0\0\0\0\0\0ZBX_NOTSUPPORTED\0No", "not kept"],
  ["zabbix", "ZBXD\x05\x13\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0ZBX_ERROR", "not kept"],
  ["zabbix", "ZBXD\x01\x20\0\0\0\0\0\0\0last line: ZBX_NOTSUPPORTED", "kept"],
  ["zabbix", `ZBXD\x01\x32\0\0\0\0\0\0\0{"version":"7.0.0","variant":2,"data":[{"value":"1"}]}`, "kept"],
  [
    "zabbix",
    `ZBXD\x01\x32\0\0\0\0\0\0\0{"version":"7.0.0","variant":2,"data":[{"error":"No."}]}`,
    "not kept",
  ],
  ["zabbix", `ZBXD\x01\x0e\0\0\0\0\0\0\0{"error": "No."}`, "not kept"],
  ["zabbix", `ZBXD\x01\x32\0\0\0\0\0\0\0{"version":"7.0.0","data":[{"value":"{\\"error\\":1}"}]}`, "kept"],
  ["poems", "Ecstasy\n", "kept"],
];

test.each(ANSWERS)("--preset %s: the answer %j is %s", (preset, answer, verdict) => {
  const rules = optionsOf(preset);
  if (answer === "") expect(rules.acceptsEmpty).toBe(true);
  const isKept = lifetimeOf(answerOf(answer), rules).ttl > 0;
  expect(!isComplete(answerOf(answer), rules) ? "failed" : isKept ? "kept" : "not kept").toBe(verdict);
});

test("every preset has its answers here, and an empty one only if its protocol has that", () => {
  expect([...new Set(["whois", ...ANSWERS.map(([preset]) => preset)])].toSorted()).toEqual(
    Object.keys(presets).toSorted(),
  );
  const acceptEmpty = Object.keys(presets).filter((name) => optionsOf(name).acceptsEmpty);
  expect(acceptEmpty).toEqual(["livestatus", "xymon"]);
});

test.each([
  ['No poem called "moon".\n', 5],
  ["No poems.\n", 5],
  ['No poem called "moon" was ever written,\nwas it?\n', 3600],
  ["ecstasy\nscience\n", 3600],
])("--preset poems keeps %j for %d s", (answer, seconds) => {
  expect(lifetimeOf(answerOf(answer), optionsOf("poems")).ttl).toBe(seconds * SECOND);
});

test("--preset json-stats notices every truncation of its JSON", () => {
  const rules = optionsOf("json-stats");
  const worker = {
    id: 1,
    pid: 4711,
    uri: "/a?{}",
    apps: [{ id: 0, mountpoint: "", requests: 5 }],
    status: "idle",
  };
  const whole = `${JSON.stringify({ version: "2.0.21", workers: [worker, worker, worker] }, null, 2)}\n`;
  const passed = Array.from(whole, (_, end) => end).filter((end) =>
    isComplete(answerOf(whole.slice(0, end)), rules),
  );
  expect(passed).toEqual([whole.length - 1]); // Everything except the line feed.
});
