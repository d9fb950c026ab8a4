import { describe, expect, test } from "bun:test";
import { presets } from "../../src/settings/presets.ts";
import { nameRequest } from "../../src/protocols/request.ts";
import { optionsOf } from "../support/preset.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** How a request is handled: cached and shared, passed on for its client alone, or reset. */
function fateOf(preset: string, request: string, ...argv: string[]): "kept" | "passed" | "reset" {
  const { requests } = optionsOf(preset, ...argv);
  const { asked, text } = nameRequest({ bytes: bytes(request), isTerminated: true }, requests);
  if (requests.allow?.test(asked) === false) return "reset";
  return requests.cacheable?.test(text) === false ? "passed" : "kept";
}

/** An NRPE query as it begins, after its version. */
const NRPE_QUERY = `\0\x01${"\0".repeat(1032)}`;

const FATES: readonly [preset: string, kept: string[], others: string[], fate?: "passed" | "reset"][] = [
  [
    "whois",
    [
      "example.org\r\n",
      "beginner.example\r\n",
      "-T dn,ace denic.de\r\n",
      "-V Md5.5 192.0.2.1\r\n",
      "192.0.2.1\n",
    ],
    [
      // They stay open, or more lines follow.
      "-k\r\n",
      "-k 192.0.2.1\r\n",
      "-V Md5.5 -k x\r\n",
      "-B -rk x\r\n",
      "--persistent-connection 192.0.2.1\r\n",
      "!!\n",
      "begin\r\n",
      " begin \r\n",
      "BEGIN\n",
      "begin origin\n",
      "Begin verbose\n",
      // Requests for changes.
      "-g RADB:3:101-LAST\n",
      "-gRIPE:3:1-2\n",
      "-k -g RIPE:3:1-LAST\n",
      "-q sources\n",
      "!jRADB\n",
      "!j-*\n",
      "!JRIPE\n",
      // Requests that change something, or are about a session.
      "!us\n",
      "!nclient\n",
      "!sRIPE\n",
      "!\n",
    ],
  ],
  [
    "whois",
    [
      "!gAS15169\n",
      "!6as15169\n",
      "!iAS-FOO,1\n",
      "!r192.0.2.0/24,o\n",
      "beginning.example\n",
      "-B -x 192.0.2.0/24\n",
      "q.example\n",
    ],
    [],
  ],
  ["finger", ["\r\n", "root\r\n", "/W root\r\n", "/W\r\n"], ["root@there\r\n", "@there\r\n", "a@b@c\r\n"]],
  [
    "gopher",
    ["\r\n", "/\r\n", "/a file.txt\n", "1/menu\r\n"],
    ["/find\twords\r\n", "/file\t+\r\n", "\t\r\n"],
  ],
  ["nex", ["/\n", "/a file.txt\n"], []],
  [
    "zookeeper",
    ["ruok", "srvr", "stat", "mntr", "conf", "isro", "wchs", "dirs", "envi"],
    ["crst", "srst", "gtmk", "stmk", "wchp", "wchc", "dump", "cons"],
  ],
  ["zookeeper", [], ["RUOK", "\0\0\0,", "GET ", "ruo\n", "4lw!"], "reset"],
  [
    "haproxy",
    ["show info\n", "show stat\r\n", " show stat typed \n", "show servers state\n", "show table poets\n"],
    ["show errors\n", "show sess\n", "show statistics\n", "show map\n"],
  ],
  [
    "haproxy",
    [],
    [
      "set weight a/b 1\n",
      "show info;disable server a/b\n",
      "show stat ; show info\n",
      "show map <<\n",
      "add map m <<\n",
      "prompt\n",
      "disable agent a/show info\n",
      "clear counters\n",
      "@1 show info\n",
      "show\n",
      "\n",
    ],
    "reset",
  ],
  [
    "livestatus",
    [
      "GET hosts\n\n",
      "GET hosts\r\nColumns: name\r\n\r\n",
      "GET log\nFilter: plugin_output ~ KeepAlive: on\n\n",
      "GET hosts\nKeepAlive: off\n\n",
    ],
    [
      "COMMAND [1] DISABLE_NOTIFICATIONS\n\n",
      "GET hosts\nKeepAlive: on\n\n",
      "GET hosts\r\nColumns: name\r\nKeepAlive: on\r\n\r\n",
      "GET hosts\nKeepAlive:on\n\n",
      "GET hosts\nKeepAlive:  on\n\n",
      "GET hosts\nWaitTrigger: all\n\n",
      "get hosts\n\n",
      "GET\n\n",
    ],
  ],
  [
    "unbound",
    ["UBCT1 stats\n", "UBCT1  stats_noreset\n", "NSDCT1 stats\r\n"],
    [
      "UBCT1 reload\n",
      "UBCT1 stats_shm\n",
      "stats\n",
      "UBCT1 flush stats\n",
      // They read more input.
      "UBCT1  local_zones\n",
      "UBCT1 load_cache\n",
      "NSDCT1 addzones\n",
    ],
  ],
  [
    "xymon",
    [
      "ping",
      "query www.conn",
      "xymondboard color=red",
      "xymondlog www.conn",
      "xymondxlog www.conn",
      "hostinfo host=www",
    ],
    [
      "status www.conn red",
      "data www.x",
      "disable www.conn 1",
      "combo\n",
      "x ping",
      "pingback",
      "querylog",
      "",
    ],
  ],
  [
    "nrpe",
    [`\0\x03${NRPE_QUERY}`, `\0\x04${NRPE_QUERY}`],
    [`\0\x02${NRPE_QUERY}`, `\0\x03\0\x02${NRPE_QUERY}`],
  ],
  ["zabbix", ["ZBXD\x01\x0a\0\0\0\0\0\0\0agent.ping"], []],
  ["poems", ["ecstasy\n", "\n"], []],
];

describe.each(FATES)("--preset %s", (preset, kept, others, fate = "passed") => {
  if (kept.length > 0) {
    test.each(kept)("keeps the answer to %j", (request) => expect(fateOf(preset, request)).toBe("kept"));
  }
  if (others.length > 0) {
    test.each(others)(`has %j ${fate}`, (request) => expect(fateOf(preset, request)).toBe(fate));
  }
});

test("every preset with requests has its table of them here", () => {
  const tested = new Set(FATES.map(([preset]) => preset));
  const asked = Object.keys(presets).filter((name) => presets[name]?.flags.request !== "none");
  expect(asked.toSorted()).toEqual([...tested].toSorted());
});

test.each(["set weight a/b 1\n", "add map m <<\n", "prompt\n"])(
  "--preset haproxy --allow '' lets %j through, and no list is left of the preset's",
  (request) => {
    expect(fateOf("haproxy", request, "--allow", "")).toBe("passed");
    expect(optionsOf("haproxy", "--allow", "").requests.allow).toBeUndefined();
  },
);

/** Pairs of requests that a preset treats as the same, and pairs that it must distinguish. */
const SAME: readonly [preset: string, one: string, other: string, isSame: boolean][] = [
  ["whois", "example.org\r\n", "  example.org \n", true],
  ["whois", "example.org\r\n", "Example.ORG\n", true],
  ["whois", "AS-FOO\r\n", "as-foo\r\n", true],
  ["whois", "-V Md5.5.17 192.0.2.1\r\n", "192.0.2.1\r\n", true],
  ["whois", "-V Md5.5.17 Example.ORG\r\n", "example.org\r\n", true],
  ["whois", "-V x,10.0.0.1 193.0.0.1\r\n", "193.0.0.1\r\n", false],
  ["whois", "-V x,10.0.0.1 193.0.0.1\r\n", "-V x,10.0.0.2 193.0.0.1\r\n", false],
  ["whois", "-l 192.0.2.0/24\r\n", "-L 192.0.2.0/24\r\n", false],
  ["whois", "-T dn,ace denic.de\r\n", "denic.de\r\n", false],
  ["whois", "-T dn,ace DENIC.de\r\n", "-T dn,ace denic.de\r\n", false],
  ["whois", "!gAS1\n", "!GAS1\n", false],
  ["finger", "root\r\n", "root\n", true],
  ["finger", "/W root\r\n", "root\r\n", false],
  ["finger", "root\r\n", "Root\r\n", false],
  ["gopher", "/a\r\n", "/a\n", true],
  ["gopher", "/a\r\n", "/A\r\n", false],
  ["gopher", "/a\r\n", "/a \r\n", false],
  ["nex", "/a\r\n", "/a\n", true],
  ["haproxy", "show stat\r\n", "show stat \n", true],
  ["haproxy", "show stat\n", "show stat typed\n", false],
  ["livestatus", "GET hosts\r\n\r\n", "GET hosts\n\n", true],
  ["livestatus", "GET hosts\r\nColumns: name\n\r\n", "GET hosts\nColumns: name\n\n", true],
  ["livestatus", "GET hosts\nAuthUser: a\n\n", "GET hosts\nAuthUser: A\n\n", false],
  ["unbound", "UBCT1  stats\n", "UBCT1 stats\n", true],
  ["unbound", "UBCT1 stats\n", "UBCT1 stats_noreset\n", false],
  ["zookeeper", "ruok", "srvr", false],
  ["poems", "ECSTASY\n", "ecstasy\r\n", true],
  ["poems", "alla sera\n", "alla  sera\n", false],
];

test.each(SAME)("--preset %s: that %j and %j are the same is %p", (preset, one, other, isSame) => {
  const { requests } = optionsOf(preset);
  const [first, second] = [one, other].map(
    (request) => nameRequest({ bytes: bytes(request), isTerminated: true }, requests).key,
  );
  expect(first === second).toBe(isSame);
});

/** What the upstream gets where it differs from what the client sent. */
const SENT: readonly [preset: string, asked: string, sent: string][] = [
  ["whois", "  -V Md5.5.17   Example.ORG \n", "example.org\r\n"],
  ["whois", "-V x,10.0.0.1 193.0.0.1\r\n", "-V x,10.0.0.1 193.0.0.1\r\n"],
  ["finger", " root\n", "root\r\n"],
  ["gopher", "/a\n", "/a\r\n"],
  ["nex", "/a\r\n", "/a\n"],
  ["haproxy", " show stat \r\n", "show stat\n"],
  ["livestatus", "GET hosts\r\nColumns: name\r\n\r\n", "GET hosts\nColumns: name\n\n"],
  ["unbound", "UBCT1  stats\r\n", "UBCT1 stats\n"],
  ["xymon", "ping\r\n", "ping\r\n"],
  ["poems", "Ecstasy\r\n", "ecstasy\n"],
];

test.each(SENT)("--preset %s: for %j the upstream gets %j", (preset, asked, sent) => {
  const { bytesToSend } = nameRequest(
    { bytes: bytes(asked), isTerminated: true },
    optionsOf(preset).requests,
  );
  expect(Buffer.from(bytesToSend).toString("latin1")).toBe(sent);
});
