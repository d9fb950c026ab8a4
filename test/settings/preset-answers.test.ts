import { describe, expect, test } from "bun:test";
import { isComplete, lifetimeOf } from "../../src/services/fetch/answer-rules.ts";
import { optionsOf } from "../support/preset.ts";

const SECOND = 1000;
const bytes = (text: string) => Buffer.from(text, "latin1");

describe("--preset whois", () => {
  const rules = optionsOf("whois");
  const ttlOf = (answer: string) => lifetimeOf(bytes(answer), rules).ttl;

  test.each([
    "request limit exceeded for 127.0.0.1",
    "WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS",
    "You have exceeded your quota of queries.",
    "The WHOIS query quota for 192.0.2.1 has been exceeded and will be replenished in 50 seconds.",
    "only 1 request per second allowed, try again later",
    "Your connection limit exceeded. Please slow down and try again later.",
    "% Error: 55000000002 Connection refused; access control limit reached.",
    "-1: Still in grace period, wait 17 seconds",
    "% Excessive querying, grace period of 2 seconds",
    "% Maximum queries per hour reached (100)",
    "# Too many connections.",
    "Please go away for 13 Seconds",
    "%ERROR:201: access denied for 192.0.2.1",
    "%% Too many requests...",
  ])("does not keep the refusal %j, before and behind whatever", (refusal) => {
    const terms = "% Terms and conditions apply.\r\n".repeat(70);
    for (const answer of [refusal, `${terms}${refusal}\r\n`, `${refusal}\r\n${terms}No entries found\r\n`]) {
      expect(ttlOf(answer)).toBe(0);
    }
  });

  test.each([
    "You agree not to use high-volume, automated processes. Access may be limited or denied when exceeded.",
    "% Excessive querying will result in your address being blacklisted.",
    "The Registry reserves the right to restrict access to those who send too many queries.",
    "% The number of requests per hour is limited; see the grace period policy.",
    "Grace period: the domain is in its add grace period, redemption grace period, or wait list.",
    "NOTICE: access to WHOIS is rate limited. Connection refused means that a quota was exceeded.",
  ])("keeps an answer whose terms read %j", (terms) => {
    expect(ttlOf(`domain: example.org\r\n${terms}\r\n`)).toBe(3600 * SECOND);
  });

  test.each([
    'No match for "EXAMPLE.ORG".',
    "Domain not found.",
    "%ERROR:101: no entries found",
    "No Data Found",
  ])("keeps %j for a minute", (answer) => expect(ttlOf(`% Terms\r\n${answer}\r\n`)).toBe(60 * SECOND));
});

/** Answers, and what a preset makes of them. */
const ANSWERS: readonly [preset: string, answer: string, verdict: "kept" | "not kept" | "failed"][] = [
  ["checkmk", "<<<check_mk>>>\nVersion: 2.2\n", "kept"],
  ["checkmk", "Permission denied\n", "failed"],
  ["healthcheck", "HTTP/1.1 200 OK\r\n\r\nsynced", "kept"],
  ["healthcheck", "HTTP/1.1 503 Service Unavailable\r\n\r\n", "not kept"],
  ["gmond", "<GANGLIA_XML></GANGLIA_XML>\n", "kept"],
  ["gmond", "<GANGLIA_XML><CLUSTER>", "failed"],
  ["json-stats", '{"workers":[{}]}\n', "kept"],
  ["json-stats", '{"workers":[{"id":1', "failed"],
  ["daytime", "Sun 22 NOV 2026 12:00:00\r\n", "not kept"],
  ["finger", "Login: root\r\n", "kept"],
  ["gopher", "iPoems\t\tlocalhost\t70\r\n.\r\n", "kept"],
  ["gopher", "3Not found\t\terror.host\t1\r\n.\r\n", "not kept"],
  ["gopher", "Error: File or directory not found!\r\n", "not kept"], // Gophernicus, asked for a text.
  ["zookeeper", "imok", "kept"],
  ["zookeeper", "ruok is not executed because it is not in the whitelist.\n", "not kept"],
  ["zookeeper", "This ZooKeeper instance is not currently serving requests\n", "not kept"],
  ["haproxy", "Name: HAProxy\n", "kept"],
  ["haproxy", "Unknown command: 'show'\n", "not kept"],
  ["haproxy", "Permission denied\n", "not kept"],
  ["livestatus", "200          11\nhost;state\n", "kept"],
  ["livestatus", "404          22\nInvalid GET request\n", "not kept"],
  ["unbound", "total.num.queries=5\n", "kept"],
  ["unbound", "error unknown command\n", "not kept"],
  ["xymon", "green www.conn\n", "kept"],
  ["nrpe", "\0\x03\0\x02", "kept"],
  ["zabbix", "ZBXD\x01\x01\0\0\0\0\0\0\x001", "kept"],
  ["zabbix", "ZBXD\x01\x13\0\0\0\0\0\0\0ZBX_NOTSUPPORTED\0No", "not kept"],
];

test.each(ANSWERS)("--preset %s: the answer %j is %s", (preset, answer, verdict) => {
  const rules = optionsOf(preset);
  const isKept = lifetimeOf(bytes(answer), rules).ttl > 0;
  expect(isComplete(bytes(answer), rules) ? (isKept ? "kept" : "not kept") : "failed").toBe(verdict);
  expect(rules.acceptsEmpty).toBe(false);
});
