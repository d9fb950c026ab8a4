import { describe, expect, test } from "bun:test";
import { presets } from "../../src/settings/presets.ts";
import { nameRequest } from "../../src/protocols/request.ts";
import { optionsOf } from "../support/preset.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** What becomes of a request: kept and shared, passed on for its client alone, or reset. */
function fateOf(preset: string, request: string): "kept" | "passed" | "reset" {
  const { folds, keyDrop, allow, cacheable } = optionsOf(preset).requests;
  const { text } = nameRequest({ bytes: bytes(request), isTerminated: true }, folds, keyDrop);
  if (allow?.test(text) === false) return "reset";
  return cacheable?.test(text) === false ? "passed" : "kept";
}

const NRPE_QUERY = "\0".repeat(1034);

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
    ["-k\r\n", "-k 192.0.2.1\r\n", "-V Md5.5 -k x\r\n", "-B -rk x\r\n", "!!\n", "begin\r\n", " begin \r\n"],
  ],
  ["finger", ["\r\n", "root\r\n", "/W root\r\n", "/W\r\n"], ["root@there\r\n", "@there\r\n", "a@b@c\r\n"]],
  [
    "gopher",
    ["\r\n", "/\r\n", "/a file.txt\n", "1/menu\r\n"],
    ["/find\twords\r\n", "/file\t+\r\n", "\t\r\n"],
  ],
  [
    "zookeeper",
    ["ruok", "srvr", "stat", "mntr", "conf", "isro", "wchs", "dirs", "envi"],
    ["crst", "srst", "gtmk", "stmk", "wchp", "wchc", "dump", "cons"],
  ],
  ["zookeeper", [], ["RUOK", "\0\0\0,", "GET ", "ruo\n", "4lw!"], "reset"],
  [
    "haproxy",
    ["show info\n", "show stat\r\n", " show stat typed \n", "show servers state\n", "show table poets\n"],
    [
      "set weight a/b 1\n",
      "show info;disable server a/b\n",
      "show errors\n",
      "show sess\n",
      "prompt\n",
      "disable agent a/show info\n",
      "clear counters\n",
      "\n",
    ],
  ],
  [
    "livestatus",
    [
      "GET hosts\n\n",
      "GET hosts\r\nColumns: name\r\n\r\n",
      "GET log\nFilter: plugin_output ~ KeepAlive: on\n\n",
    ],
    [
      "COMMAND [1] DISABLE_NOTIFICATIONS\n\n",
      "GET hosts\nKeepAlive: on\n\n",
      "GET hosts\r\nColumns: name\r\nKeepAlive: on\r\n\r\n",
      "GET hosts\nWaitTrigger: all\n\n",
      "get hosts\n\n",
      "GET\n\n",
    ],
  ],
  [
    "unbound",
    ["UBCT1 stats\n", "UBCT1  stats_noreset\n", "NSDCT1 stats\r\n"],
    ["UBCT1 reload\n", "UBCT1 stats_shm\n", "stats\n", "UBCT1 flush stats\n"],
  ],
  [
    "xymon",
    ["ping", "query www.conn", "xymondboard color=red", "xymondlog www.conn", "hostinfo host=www"],
    ["status www.conn red", "data www.x", "disable www.conn 1", "combo\n", "x ping", ""],
  ],
  ["nrpe", [`\0\x03${NRPE_QUERY}`, `\0\x04${NRPE_QUERY}`], [`\0\x02${NRPE_QUERY}`, `\x03\0${NRPE_QUERY}`]],
  ["zabbix", ["ZBXD\x01\x0a\0\0\0\0\0\0\0agent.ping"], []],
];

describe.each(FATES)("--preset %s", (preset, kept, others, fate = "passed") => {
  if (kept.length > 0) {
    test.each(kept)("keeps the answer to %j", (request) => expect(fateOf(preset, request)).toBe("kept"));
  }
  if (others.length > 0) {
    test.each(others)(`has %j ${fate}`, (request) => expect(fateOf(preset, request)).toBe(fate));
  }
});

test("every preset that takes requests has its table of them here", () => {
  const tested = new Set(FATES.map(([preset]) => preset));
  expect(Object.keys(presets).filter((name) => presets[name]?.flags.request !== "none")).toEqual([...tested]);
});

/** Requests that a preset takes for one, and pairs that it must keep apart. */
const SAME: readonly [preset: string, one: string, other: string, isSame: boolean][] = [
  ["whois", "example.org\r\n", "  example.org \n", true],
  ["whois", "-V Md5.5.17 192.0.2.1\r\n", "192.0.2.1\r\n", true],
  ["whois", "-l 192.0.2.0/24\r\n", "-L 192.0.2.0/24\r\n", false],
  ["whois", "-T dn,ace denic.de\r\n", "denic.de\r\n", false],
  ["finger", "root\r\n", "root\n", true],
  ["finger", "/W root\r\n", "root\r\n", false],
  ["finger", "root\r\n", "Root\r\n", false],
  ["gopher", "/a\r\n", "/a\n", true],
  ["gopher", "/a\r\n", "/A\r\n", false],
  ["gopher", "/a\r\n", "/a \r\n", false],
  ["haproxy", "show stat\r\n", "show stat \n", true],
  ["haproxy", "show stat\n", "show stat typed\n", false],
  ["livestatus", "GET hosts\r\n\r\n", "GET hosts\n\n", true],
  ["unbound", "UBCT1  stats\n", "UBCT1 stats\n", true],
  ["unbound", "UBCT1 stats\n", "UBCT1 stats_noreset\n", false],
  ["zookeeper", "ruok", "srvr", false],
];

test.each(SAME)("--preset %s: that %j and %j are the same is %p", (preset, one, other, isSame) => {
  const { folds, keyDrop } = optionsOf(preset).requests;
  const [first, second] = [one, other].map(
    (request) => nameRequest({ bytes: bytes(request), isTerminated: true }, folds, keyDrop).key,
  );
  expect(first === second).toBe(isSame);
});
