import { describe, expect, test } from "bun:test";
import { readArgv } from "../../src/cli/argv.ts";
import type { Command } from "../../src/cli/command.ts";
import get from "../../src/cli/commands/get.ts";
import proxy from "../../src/cli/commands/proxy.ts";
import serve from "../../src/cli/commands/serve.ts";
import transformProxy from "../../src/cli/commands/transform-proxy.ts";
import transformServe from "../../src/cli/commands/transform-serve.ts";
import { CHECKS } from "../../src/settings/checks/checks.ts";
import { check, complaintsAbout } from "../../src/settings/checks/complaints.ts";
import { status } from "../../src/settings/ctl.ts";
import { UsageError } from "../../src/settings/setting.ts";
import { settle } from "../../src/settings/settle.ts";
import { loadPatterns } from "../../src/protocols/pattern.ts";

await loadPatterns();

const COMMANDS = new Map(
  [serve, proxy, get, transformServe, transformProxy].map((each) => [each.name, each]),
);

/** Reads `proxy 1 --ttl 2h`. */
function read(line: string | readonly string[]) {
  const [name = "", ...argv] = typeof line === "string" ? line.split(" ") : line;
  const { settings, presets } = COMMANDS.get(name) as Command;
  const settled = settle(settings, readArgv(settings, argv), presets);
  check(settled);
  return settled;
}

const keepsLength = (flag: string) =>
  `${flag} would break requests that carry their own length: it needs --request line, blank or eof`;

/** Invalid command lines, and the whole error message. */
const WRONG: readonly [line: string, complaint: string][] = [
  // Requests
  ...["--allow x", "--cacheable x", "--key-fold trim", "--key-drop x", "--max-request 1KiB"].map(
    (flag): [string, string] => [`proxy 1 ${flag}`, `${flag.split(" ")[0]} has no effect without --request`],
  ),
  ["proxy 1 --eol lf", "--eol has no effect without --request"],
  ["proxy 1 --request bytes:4 --key-fold lower", keepsLength("--key-fold")],
  ["proxy 1 --request netstring --key-drop x", keepsLength("--key-drop")],
  ["proxy 1 --request zbxd --key-fold trim", keepsLength("--key-fold")],
  ["proxy 1 --request nrpe --eol lf", keepsLength("--eol")],
  [
    "proxy 1 --request eof --eol lf",
    "--eol has no effect with --request eof and without --key-fold crlf: such requests have no lines",
  ],
  ["proxy 1 --request-timeout 1s", "--request-timeout has no effect without --request"],
  ["proxy 1 --request none --allow x", "--allow has no effect without --request"],
  ["proxy 1 --preset gmond --allow x", "--allow has no effect without --request"],
  [
    "proxy 1 --max-entries 5",
    "--max-entries has no effect without --request: there is only one answer to keep",
  ],
  [
    "proxy 1 --request bytes:4 --max-request 4",
    "--max-request has no effect with --request bytes:4: every request has exactly that length",
  ],

  // Unix sockets, proxies
  [
    "proxy 1 --listen unix:/run/x.sock --stream",
    "--stream cannot be used when listening on a Unix socket: it has no reset, so half an answer would look complete",
  ],
  ...["--socket-mode 0666", "--socket-group adm"].flatMap((flag) =>
    ["--listen 43", "--listen unix:@x"].map((where): [string, string] => [
      `proxy 1 ${where} ${flag}`,
      `${flag.split(" ")[0]} has no effect without --listen unix:/PATH`,
    ]),
  ),
  ...["--clients 10.0.0.0/8", "--rate 20/s", "--max-clients-per-ip 5"].map((flag): [string, string] => [
    `proxy 1 --listen unix:/run/x.sock ${flag}`,
    `${flag.split(" ")[0]} has no effect: clients of a Unix socket have no address`,
  ]),
  [
    "proxy 1 --proxy-from 10.0.0.0/8,unix",
    "--proxy-from 10.0.0.0/8,unix has no effect: no client can connect from there",
  ],
  [
    "proxy 1 --listen unix:/run/x.sock --proxy-from 10.0.0.1",
    "--proxy-from 10.0.0.1 has no effect: no client can connect from there",
  ],
  [
    "proxy unix:/run/x.sock --listen unix:/run/x.sock",
    'Bad UPSTREAM "unix:/run/x.sock": the proxy would connect to itself',
  ],

  // TLS
  ["serve p.txt --tls-cert c.pem", "--tls-cert needs a --tls-key"],
  ["serve p.txt --tls-key k.pem", "--tls-key has no effect without --tls-cert"],
  ["proxy 1 --tls-cert a.pem --tls-cert b.pem --tls-key a.key", "Expected one --tls-key for each --tls-cert"],
  ["transform-serve --tls-client-ca ca.pem", "--tls-client-ca has no effect without --tls-cert"],
  ["transform-proxy 1 --tls-timeout 5s", "--tls-timeout has no effect without --tls-cert"],
  ...["ca", "name", "pin", "cert", "key", "trust-fin"].flatMap((flag): [string, string][] => {
    const value = { pin: ` ${"0".repeat(64)}`, "trust-fin": "" }[flag] ?? " x";
    return [
      [`proxy 1 --upstream-${flag}${value}`, `--upstream-${flag} has no effect without --upstream-tls`],
      [`get 1 --${flag}${value}`, `--${flag} has no effect without --tls`],
    ];
  }),
  ["proxy 1 --upstream-tls --upstream-cert c.pem", "--upstream-cert needs a --upstream-key"],
  ["get 1 --tls --key c.key", "--key needs a --cert"],
  ["get 1 --transform shout --via 2 --via-ca ca.pem", "--via-ca has no effect without --via-tls"],
  ["proxy 1 --transform shout --via 2 --via-tls --via-key c.key", "--via-key needs a --via-cert"],
  ["proxy 1 --via-tls", "--via-tls has no effect without --via"],
  [
    "transform-serve --list --tls-cert c.pem --tls-key c.key",
    "--tls-cert has no effect with --list, which only prints and exits",
  ],

  // Answers and cache
  ["proxy 1 --max-memory 512", "--max-memory 512 is too small for an entry: expected more than 512 bytes"],
  [
    "transform-proxy 1 --max-memory 1B",
    "--max-memory 1B is too small for an entry: expected more than 512 bytes",
  ],
  [
    "proxy 1 --max-answer 2MiB --max-memory 1MiB",
    "--max-answer 2MiB is above --max-memory 1MiB: such an answer could never be kept, only passed on with --stream",
  ],
  [
    "transform-proxy 1 --max-memory 1MiB --max-answer 2MiB",
    "--max-answer 2MiB is above --max-memory 1MiB: such an answer could never be kept",
  ],
  [
    "proxy 1 --empty ok --complete end$",
    "--empty ok has no effect: --complete end$ does not match an empty answer",
  ],
  ...["--grace 5s", "--stale-if-error 5s", "--refresh-ahead 10%", "--stale-after 1s"].flatMap(
    (flag): [string, string][] => {
      const [name] = flag.split(" ");
      return [
        [`proxy 1 --ttl 0 ${flag}`, `${name} has no effect with --ttl 0: no answer is kept`],
        [`transform-proxy 1 --ttl 0s ${flag}`, `${name} has no effect with --ttl 0s: no answer is kept`],
        [`proxy 1 ${flag} --ttl inf`, `${name} has no effect with --ttl inf: no answer ever becomes stale`],
      ];
    },
  ),
  ["proxy 1 --ttl-for-request x=5s", "--ttl-for-request has no effect without --request"],
  ["proxy 1 --allow-http", "--allow-http has no effect without --request"],
  [
    "proxy 1 --request bytes:4 --allow-http",
    "--allow-http has no effect with --request bytes:4: such requests are not text",
  ],
  ...["allow", "cacheable"].map((flag): [string, string] => [
    `proxy 1 --request line --${flag} x --${flag} y --${flag} x`,
    `Bad --${flag} "x": it is given twice`,
  ]),
  ...["no-store", "refusal", "complete"].map((flag): [string, string] => [
    `proxy 1 --${flag} x --${flag} x`,
    `Bad --${flag} "x": it is given twice`,
  ]),
  ...["", " --complete json", " --no-store="].map((flags): [string, string] => [
    `proxy 1 --pattern-limit 1KiB${flags}`,
    "--pattern-limit has no effect without a pattern for answers: --no-store, --refusal, --complete or --ttl-for",
  ]),
  [
    "proxy 1 --request line --key-fold lower,word",
    "--key-fold lower,word: word has no effect with lower, which takes it in",
  ],
  [
    "proxy 1 --request line --max-request 2MiB --max-memory 1MiB",
    "--max-request 2MiB has no effect: --max-memory 1MiB is less",
  ],
  [
    "transform-proxy 1 --max-request 2MiB --max-memory 1MiB",
    "--max-request 2MiB has no effect: --max-memory 1MiB is less",
  ],
  [
    "proxy 1 --log-requests hash",
    "--log-requests has no effect without --request: there are no requests to show",
  ],
  ["proxy 1 --burst 5", "--burst has no effect without --rate"],
  ["proxy 1 --listen 5 --port 6", "--listen and --port cannot be used together"],
  ["proxy 1 --listen 5 --host ::1", "--listen and --host cannot be used together"],
  ["proxy 1 --listen 5 --listen 127.0.0.1:5", 'Bad --listen "127.0.0.1:5": another one already covers it'],
  [
    "proxy 1 --listen 0.0.0.0:5 --listen 10.0.0.1:5",
    'Bad --listen "10.0.0.1:5": another one already covers it',
  ],
  [
    "proxy 5 --listen 6 --listen [::1]:5 --listen 5",
    'Bad UPSTREAM "127.0.0.1:5": the proxy would connect to itself',
  ],
  ["proxy 1 --ttl 0 --ttl-for x=0 --grace 5s", "--grace has no effect with --ttl 0: no answer is kept"],
  ["proxy 1 --ttl 0 --no-store x", "--no-store has no effect with --ttl 0: no answer is kept"],
  [
    "proxy 1 --request line --ttl 0 --max-entries 9",
    "--max-entries has no effect with --ttl 0: no answer is kept",
  ],
  [
    "transform-proxy 1 --ttl 0 --max-entries 9",
    "--max-entries has no effect with --ttl 0: no answer is kept",
  ],

  // Stale answers
  [
    "proxy 1 --grace 1m --stale-if-error 59s",
    "--stale-if-error 59s has no effect: it ends before --grace 1m does",
  ],
  ...["", " --grace 1m", " --grace 1m --stale-if-error 0", " --grace 1m --stale-if-error 1m"].map(
    (flags): [string, string] => [
      `proxy 1 --stale-after 1s${flags}`,
      "--stale-after has no effect without stale answers, which need a --stale-if-error longer than --grace",
    ],
  ),

  [
    "proxy 1 --stale-if-error 1h --stale-after 6s --total-timeout 5s",
    "--stale-after 6s has no effect: --total-timeout 5s is shorter, and the fetch has failed by then",
  ],

  // Limits inside limits
  ...["connect-timeout", "first-byte-timeout", "idle-timeout"].map((flag): [string, string] => [
    `proxy 1 --total-timeout 4s --${flag} 5s`,
    `--${flag} 5s has no effect: --total-timeout 4s is shorter`,
  ]),
  [
    "serve f --send-timeout 2m --send-total 1m",
    "--send-timeout 2m has no effect: --send-total 1m is shorter",
  ],
  [
    "serve f --max-clients 5 --max-clients-per-ip 6",
    "--max-clients-per-ip 6 has no effect: --max-clients 5 is lower",
  ],

  // Upstreams
  ["proxy 1 127.0.0.1:1", 'Bad UPSTREAM "127.0.0.1:1": it is given twice'],
  ["transform-proxy a:1 b:1 a:1", 'Bad UPSTREAM "a:1": it is given twice'],
  ["proxy 2 127.0.0.1:9 --port 9", 'Bad UPSTREAM "127.0.0.1:9": the proxy would connect to itself'],
  ["proxy 1 --choose spread", "--choose spread has no effect: there is only one address to query"],
  ["proxy 1 2 --dns-ttl 5s", "--dns-ttl has no effect: no UPSTREAM is a host name"],
  ["proxy 1 [::1]:1 --prefer 4", "--prefer has no effect: no UPSTREAM is a host name"],
  [
    "proxy a:1 --prefer 4 --source 127.0.0.2",
    "--prefer 4 has no effect: --source 127.0.0.2 reaches only addresses of its own family",
  ],
  ["proxy unix:/run/x --source 127.0.0.2", "--source 127.0.0.2 has no effect on Unix sockets"],
  [
    "proxy 1 [::1]:1 --source 127.0.0.2",
    'Bad UPSTREAM "[::1]:1": --source 127.0.0.2 is of the other address family',
  ],

  // Poems
  ["serve f --num-bytes 5", "--num-bytes has no effect without --delay"],
  ["serve f --num-bytes 5 --delay 0", "--num-bytes has no effect without --delay"],
  ["get 1 --request x --request-file f", "--request and --request-file cannot be used together"],
  ["get 1 --raw", "--raw needs a --request"],
  ["get 1 --raw --request-file f", "--raw needs a --request"],
  ["get 1 --raw --request=", 'Bad --request "": with --raw it would send nothing'],
  ["get 1 --max-answer 1MiB", "--max-answer has no effect on a single poem, which is printed as it arrives"],

  // Transformations
  ...["get", "proxy"].flatMap((name): [string, string][] => [
    [`${name} 1 --transform shout`, "--transform needs --via ADDRESS (the transformation server)"],
    [`${name} 1 --via 2`, "--via needs a --transform"],
  ]),
  [
    "get 1 --raw-output --output x",
    "--raw-output has no effect with --output x: control characters are escaped on a terminal only",
  ],
  ["get 1 --or-plain", "--or-plain needs a --transform"],
  [
    "proxy 1 --stream --transform shout --via 2",
    "--stream and --transform cannot be used together: a poem can only be transformed once complete",
  ],
  ...["--shell", "--filter-timeout 1s"].map((flag): [string, string] => [
    `transform-serve ${flag}`,
    `${flag.split(" ")[0]} has no effect without --filter`,
  ]),
  ...[
    "--port 1",
    "--host ::1",
    "--max-clients 5",
    "--drain-timeout 1s",
    "--max-request 1KiB",
    "--max-answer 1KiB",
    "--request-timeout 1s",
    "--filter x=cat --max-filters 2",
  ].map((flags): [string, string] => [
    `transform-serve --list ${flags}`,
    `${flags.split(" ").at(-2)} has no effect with --list, which only prints and exits`,
  ]),

  // Loops
  ...[
    ["9", "", "127.0.0.1:9"],
    ["127.0.0.1:9", "", "127.0.0.1:9"],
    ["localhost:9", "", "localhost:9"],
    ["LocalHost.:9", "", "LocalHost.:9"],
    ["0.0.0.0:9", "", "0.0.0.0:9"],
    ["[::ffff:127.0.0.1]:9", "", "[::ffff:127.0.0.1]:9"],
    ["127.0.0.1:9", " --host localhost", "127.0.0.1:9"],
    ["localhost:9", " --host ::1", "localhost:9"],
    ["[0:0:0:0:0:0:0:1]:9", " --host ::1", "[0:0:0:0:0:0:0:1]:9"],
    ["127.0.0.2:9", " --host 0.0.0.0", "127.0.0.2:9"],
    ["localhost:9", " --iface 0.0.0.0", "localhost:9"],
    ["0.0.0.0:9", " --host 0.0.0.0", "0.0.0.0:9"],
    ["127.0.0.1:9", " --host ::", "127.0.0.1:9"],
    ["[::1]:9", " --host ::", "[::1]:9"],
    ["[::]:9", " --host ::1", "[::]:9"],
    ["[::]:9", " --host 0:0::0", "[::]:9"],
    ["poems.example:9", " --host Poems.Example", "poems.example:9"],
  ].map(([upstream, host, shown]): [string, string] => [
    `proxy ${upstream} --port 9${host}`,
    `Bad UPSTREAM "${shown}": the proxy would connect to itself`,
  ]),
  ["transform-proxy 9 -p 9", 'Bad UPSTREAM "127.0.0.1:9": the proxy would connect to itself'],
  [
    "proxy 1 --transform shout --via localhost:9 --port 9",
    'Bad --via "localhost:9": the proxy would connect to itself',
  ],

  ...["serve f", "proxy 1", "get 1", "transform-serve", "transform-proxy 1"].map((line): [string, string] => [
    `${line} -qv`,
    "--quiet and --verbose cannot be used together",
  ]),
];

/** Similar command lines that are valid. */
const RIGHT: readonly string[] = [
  "proxy 1 --request eof --key-fold crlf --eol lf",
  "proxy 1 --request line --eol crlf",
  "proxy 1 --request line --allow x --allow y --key-drop x --key-drop x",
  "proxy 1 --pattern-limit 1KiB --ttl-for x=5s",
  "proxy 1 --preset whois --pattern-limit 1KiB",
  "proxy 1 --log-requests full",
  "proxy 1 --request line --log-requests off",
  "proxy 1 --stale-if-error 1h --stale-after 6s --total-timeout 0",
  "proxy 1 --request line --allow x --cacheable y --key-fold trim --key-drop z --max-request 1KiB",
  "proxy 1 --preset whois --request-timeout 1s --max-entries 5",
  "proxy 1 --preset whois --request none",
  "proxy 1 --max-entries inf",
  "proxy 1 --preset zookeeper --max-request 9",
  "proxy 1 --max-memory 513",
  "proxy 1 --max-memory 1MiB", // Less than the default of --max-answer.
  "proxy 1 --max-answer 1GiB", // More than the default of --max-memory.
  "proxy 1 --max-memory 1MiB --max-answer 1MiB",
  "proxy 1 --max-memory 1MiB --max-answer 2MiB --stream",
  "get 1 2 --max-answer 1GiB",
  "get 1 --max-answer 1GiB --output f",
  "get 1 --max-answer 1GiB --transform shout --via 2",
  "proxy 1 --empty ok --complete ^(|end)$",
  "proxy 1 --empty ok --complete end$ --transform shout --via 2",
  "proxy 1 --empty fail --complete end$",
  "proxy 1 --ttl 0",
  "proxy 1 --ttl 0 --grace 0 --stale-if-error 0 --refresh-ahead 0 --stale-after inf",
  "proxy 1 --ttl 0 --ttl-for x=5s --grace 5s --no-store y",
  "proxy 1 --ttl inf --ttl-for x=5s --grace 5s",
  "proxy 1 --request line --ttl 0 --ttl-for-request x=5s --grace 5s",
  "proxy 1 --listen 0.0.0.0:5 --listen [::]:5 --listen 0 --listen 0",
  "proxy 1 --request line --allow-http",
  "proxy [::1]:5 --listen 0.0.0.0:5",
  "proxy 1 --preset daytime --grace 5s", // The preset's ttl of 0 was not given explicitly.
  "transform-proxy 1 --ttl 0 --max-memory 1MiB",
  "proxy 1 --grace 1m --stale-if-error 0",
  "proxy 1 --grace 1m --stale-if-error 1m",
  "proxy 1 --grace 1m --stale-if-error 2m --stale-after 1s",
  "proxy 1 --stale-if-error 1m --stale-after 1s",
  "proxy 1 --stale-after inf",
  "proxy 1 2 a:1 b:1",
  "proxy 1 --choose first",
  "proxy a:1 --choose spread",
  "proxy 1 2 --choose spread --fetch-rate 30/m",
  "proxy 1 --dns-ttl 30s",
  "proxy 1 a:1 --dns-ttl 5s --prefer 6",
  "proxy a:1 127.0.0.1:1 --source 127.0.0.2",
  "proxy a:1 [::1]:1 --source [::1]",
  "proxy 1 --total-timeout 4s", // Less than the defaults of the limits inside it.
  "proxy 1 --total-timeout 5s --connect-timeout 5s",
  "proxy 1 --total-timeout 5s --connect-timeout 0",
  "proxy 1 --total-timeout 5s --idle-timeout inf",
  "proxy 1 --total-timeout 0 --idle-timeout 20m",
  "proxy 1 --idle-timeout 20m",
  "serve f --send-timeout 20m",
  "serve f --send-timeout 20m --send-total 0",
  "serve f --max-clients-per-ip 6",
  "serve f --max-clients 5 --max-clients-per-ip inf",
  "serve f --delay 1ms --num-bytes 5",
  "get 1 --raw --request x",
  "get 1 --or-plain --transform a,a --via 1",
  "get 1 --raw-output --output -",
  "transform-serve --max-filters 2 --max-queue 3",
  "transform-serve --filter x=cat --shell --filter-timeout 1s --max-filters 2 --max-queue 3",
  "transform-serve --list --filter x=cat --shell --quiet --log json",
  "transform-serve --max-answer 1KiB",
  "proxy 9 --port 10",
  "proxy 9",
  "proxy 127.0.0.1:9 --port 9 --host 127.0.0.2",
  "proxy [::1]:9 --port 9",
  "proxy [::1]:9 --port 9 --host localhost",
  "proxy [::1]:9 --port 9 --host 0.0.0.0",
  "proxy localhost:9 --port 9 --host 127.0.0.2",
  "proxy 192.0.2.1:9 --port 9 --host 0.0.0.0",
  "proxy poems.example:9 --port 9",
  "get 9 --transform shout --via 9",
];

describe("check()", () => {
  test.each(WRONG)('refuses "poetry %s": %s', (line, complaint) => {
    expect(() => read(line)).toThrow(new UsageError(complaint));
  });

  test.each(RIGHT)('has nothing to say about "poetry %s"', (line) => {
    expect(complaintsAbout(read(line))).toEqual([]);
  });

  test.each(["x", "^a/b$", "/x/", "/x/i", "/x/ims", "/a/b/", "[/]x/g", "/pub/index", "/a/z"])(
    "takes %s for a regular expression",
    (text) => {
      for (const flag of ["allow", "cacheable", "key-drop", "complete", "no-store"])
        read(["proxy", "1", "--request=line", `--${flag}=${text}`]);
      read(["proxy", "1", `--ttl-for=${text}=5s`]);
    },
  );

  test.each([
    ["/x/g", "[/]x/g"],
    ["/x/gi", "[/]x/gi"],
    ["/a b/u", "[/]a b/u"],
    ["/a/b/y", "[/]a/b/y"],
  ])("refuses the flags of %s, and says how to match that text", (text, instead) => {
    const complaint = (flag: string, value: string) =>
      new UsageError(
        `Bad --${flag} "${value}": expected no other flags than i, m and s after the last "/", each once; to match that text itself, write "${instead}"`,
      );
    for (const flag of ["allow", "cacheable", "key-drop", "complete", "no-store"]) {
      const line = ["proxy", "1", "--request=line", `--${flag}=${text}`];
      expect(() => read(line)).toThrow(complaint(flag, text));
    }
    const rule = `${text}=5s`;
    expect(() => read(["proxy", "1", `--ttl-for=${rule}`])).toThrow(complaint("ttl-for", rule));
    read(["proxy", "1", `--complete=${instead}`]);
  });
});

test("complaintsAbout() finds everything at once", () => {
  const argv = ["f", "--num-bytes", "5", "--send-timeout", "2s", "--send-total", "1s"];
  const settled = settle(serve.settings, readArgv(serve.settings, argv));
  expect(complaintsAbout(settled).map(({ text }) => text)).toEqual([
    "--send-timeout 2s has no effect: --send-total 1s is shorter",
    "--num-bytes has no effect without --delay",
  ]);
});

test("CHECKS names existing settings", () => {
  const all = [...[...COMMANDS.values()].map(({ settings }) => settings), status];
  const known = new Set(all.flatMap((settings) => Object.keys(settings)));
  for (const { flags, why } of CHECKS) {
    const others = typeof why === "string" ? why.matchAll(/\{([a-z-]+)=?\}/g) : [];
    const names = [...flags, ...Array.from(others, ([, name = ""]) => name)];
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  }
});

describe.each([...COMMANDS.values()])("poetry $name", (command) => {
  test("has two or three examples, which it accepts", () => {
    const { name, examples } = command;
    expect([2, 3]).toContain(examples.length);
    for (const [line] of examples) {
      const words = Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? "");
      expect(words[0]).toBe(name);
      expect(complaintsAbout(read(words))).toEqual([]);
    }
  });

  test("has settings that a file can name, each by a key of its own", () => {
    const keys = Object.values(command.settings).flatMap(({ key }) => key ?? []);
    expect(keys).toEqual([...new Set(keys)]);
    for (const key of keys) expect(key).toMatch(/^([a-z]+\.)?[a-z-]+$/);
  });

  test("has settings that accept each of their words", () => {
    for (const { words = [], parse } of Object.values(command.settings))
      for (const word of words) parse(word.replace(":N", ":4"));
  });

  test("has settings with help, a hint and a default that can be read", () => {
    for (const { kind, flag, help, hint = "", default: standard, parse } of Object.values(command.settings)) {
      expect(help).toMatch(/^[A-Z].*[^.]$/);
      expect({ flag, hasHint: hint !== "" }).toEqual({ flag, hasHint: kind !== "flag" });
      for (const text of [standard ?? []].flat()) parse(text);
    }
  });
});
