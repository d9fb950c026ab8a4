import { describe, expect, setDefaultTimeout, test } from "bun:test";
import pkg from "../../package.json" with { type: "json" };
import { poetry, POETRY, run } from "../support/program.ts";

setDefaultTimeout(30_000);

const COMMANDS = ["serve", "proxy", "get", "transform-serve", "transform-proxy"];
const PORT_RANGE = "expected a port from 0 to 65535";
const UPSTREAM_PORT_RANGE = "expected a port from 1 to 65535";
const ADDRESS_FORMS = "expected PORT, HOST:PORT, [IPV6]:PORT or unix:/PATH";
const DURATION = "expected a duration such as";
const SIZE = "expected a size";

/** A command line, and what its one-line error must mention, in this order. */
const WRONG: [args: string[], mentions: string[]][] = [
  [[], ["Missing command", "serve, proxy, get"]],
  [[""], ["Unknown command"]],
  [["bogus"], ["Unknown command bogus"]],
  [["prox"], ["Unknown command prox", "did you mean proxy?"]],
  [["constructor"], ["Unknown command constructor"]],
  [["__proto__"], ["Unknown command __proto__"]],
  [["toString"], ["Unknown command toString"]],
  [["hasOwnProperty"], ["Unknown command hasOwnProperty"]],
  [["--bogus"], ["Unknown flag --bogus"]],
  [["--quiet", "serve", "f"], ["Unknown flag --quiet"]],
  [["serve"], ["Missing FILE", "TITLE.txt"]],
  [["proxy"], ["Missing UPSTREAM", "HOST:PORT"]],
  [["get"], ["Missing ADDRESS", "HOST:PORT"]],
  [["serve", "f", "--bogus"], ["Unknown flag --bogus"]],
  [
    ["serve", "f", "--prot", "1"],
    ["Unknown flag --prot", "did you mean --port?"],
  ],
  [["serve", "f", "--no-quiet"], ["Unknown flag --no-quiet"]],
  [["serve", "f", "-x"], ["Unknown flag -x"]],
  [
    ["proxy", "1", "--tll=5s"],
    ["Unknown flag --tll", "did you mean --ttl?"],
  ],
  [["get", "1", "--constructor"], ["Unknown flag --constructor"]],
  [["get", "1", "--__proto__=1"], ["Unknown flag --__proto__"]],
  [
    ["serve", "f", "--port"],
    ["--port needs a value", "PORT"],
  ],
  [
    ["serve", "f", "--port", "--quiet"],
    ["--port needs a value", "PORT"],
  ],
  [
    ["serve", "f", "-p"],
    ["-p needs a value", "PORT"],
  ],
  [
    ["proxy", "1", "--ttl"],
    ["--ttl needs a value", "DURATION"],
  ],
  [
    ["get", "1", "--output"],
    ["--output needs a value", "FILE"],
  ],
  [
    ["get", "1", "--timeout", "-q"],
    ["--timeout needs a value", "DURATION"],
  ],
  [
    ["get", "1", "--request", "x", "--request-file", "f"],
    ["--request", "--request-file", "cannot be used together"],
  ],
  [["get", "1", "--raw"], ["--raw needs a --request"]],
  [["get", "1", "--raw", "--request-file", "f"], ["--raw needs a --request"]],
  [
    ["get", "1", "--raw", "--request", ""],
    ['--request ""', "would send nothing"],
  ],
  [
    ["get", "1", "--request"],
    ["--request needs a value", "TEXT"],
  ],
  [
    ["get", "1", "--request-file", ""],
    ['--request-file ""', "must not be empty"],
  ],
  [
    ["get", "1", "--transform", "shout"],
    ["--transform needs --via", "ADDRESS"],
  ],
  [["get", "1", "--via", "2"], ["--via needs a --transform"]],
  [["get", "1", "--or-plain"], ["--or-plain needs a --transform"]],
  [
    ["get", "1", "--via", "2", "--transform", "a b"],
    ['--transform "a b"', "expected names"],
  ],
  [
    ["get", "1", "--via", "2", "--transform", "a,,b"],
    ['--transform "a,,b"', "expected names"],
  ],
  [
    ["get", "1", "--via", "0", "--transform", "a"],
    ['--via "0"', UPSTREAM_PORT_RANGE],
  ],
  [
    ["proxy", "1", "--transform", "shout"],
    ["--transform needs --via", "ADDRESS"],
  ],
  [
    ["proxy", "1", "--via", "2", "--transform", "shout", "--stream"],
    ["--stream and --transform cannot be used together"],
  ],
  [
    ["proxy", "1", "--via", "9", "--transform", "shout", "--port", "9"],
    ['--via "127.0.0.1:9"', "the proxy would connect to itself"],
  ],
  [["transform-proxy"], ["Missing UPSTREAM"]],
  [
    ["transform-proxy", "9", "--port", "9"],
    ['UPSTREAM "127.0.0.1:9"', "the proxy would connect to itself"],
  ],
  [
    ["transform-proxy", "1", "--transforms", "ä"],
    ['--transforms "ä"', "expected names"],
  ],
  [
    ["transform-proxy", "1", "--max-request", "0"],
    ['--max-request "0"', "at least 1 byte"],
  ],
  [
    ["proxy", "localhost:9", "--port", "9"],
    ['UPSTREAM "localhost:9"', "the proxy would connect to itself"],
  ],
  [
    ["help", "prox"],
    ["Unknown command prox", "did you mean proxy?"],
  ],
  [["help", "constructor"], ["Unknown command constructor"]],
  [["help", "get", "put"], ['Unexpected argument "put"']],
  [["proxy", "1", "--allow", "x"], ["--allow has no effect without --request"]],
  [
    ["proxy", "1", "--ttl", "1s", "--ttl=2s"],
    ["--ttl was given twice", "expected it once"],
  ],
  [
    ["serve", "f", "--host", "::1", "--iface", "::1"],
    ["--host was given twice", "--iface is the same"],
  ],
  [
    ["get", "1", "--request", "-foo"],
    ["--request needs a value", "TEXT", "write --request=-foo if", '"-foo"'],
  ],
  [
    ["proxy", "1", "--preset", "whos"],
    ['--preset "whos"', "expected", "zabbix", "did you mean whois?"],
  ],
  [
    ["get", "1", "--log", "jsno"],
    ['--log "jsno"', "expected text or json", "did you mean json?"],
  ],
  [
    ["proxy", "1", "--request", "lines"],
    ['--request "lines"', "expected none, line", "did you mean line?"],
  ],
  [
    ["proxy", "1", "--request", "line", "--key-fold", "trim,sqeeze"],
    ['--key-fold "trim,sqeeze"', "expected crlf, squeeze, trim, lower or word", "did you mean squeeze?"],
  ],
  [
    ["proxy", "1", "--empty", "okay"],
    ['--empty "okay"', "expected fail or ok"],
  ],
  [
    ["proxy", "1", "--complete", "/x/g"],
    ['--complete "/x/g"', "expected no other flags than i, m and s", "[/]x/g"],
  ],
  [
    ["proxy", "1", "--retries=-1"],
    ['--retries "-1"', "at least 0"],
  ],
  [
    ["transform-proxy", "1", "--transforms", "a,b,a"],
    ['--transforms "a,b,a"', "expected a only once"],
  ],
  [
    ["serve", import.meta.path, "--request-timeout", "1s"],
    ["--request-timeout has no effect", "main.test.ts is a single file"],
  ],
  [["serve", "f", "-qv"], ["--quiet and --verbose cannot be used together"]],
  [["transform-serve", "11000"], ['Unexpected argument "11000"']],
  [
    ["transform-serve", "--filter", "cat"],
    ['--filter "cat"', "expected NAME=COMMAND"],
  ],
  [
    ["transform-serve", "--filter", "a b=cat"],
    ['--filter "a b=cat"', "expected NAME=COMMAND"],
  ],
  [
    ["transform-serve", "--filter", "a= "],
    ['--filter "a= "', "expected NAME=COMMAND"],
  ],
  [
    ["transform-serve", "--filter-timeout", "5"],
    ['--filter-timeout "5"', DURATION],
  ],
  [
    ["transform-serve", "--max-filters", "0"],
    ['--max-filters "0"', "at least 1"],
  ],
  [
    ["transform-serve", "--max-answer", "big"],
    ['--max-answer "big"', SIZE],
  ],
  [["transform-server"], ["Unknown command transform-server", "did you mean transform-serve?"]],
  [["serve", "f", "g"], ['Unexpected argument "g"']],
  [
    ["serve", "f", "--quiet=yes"],
    ["--quiet takes no value", '"yes"'],
  ],
  [
    ["get", "1", "--verbose=1"],
    ["--verbose takes no value", '"1"'],
  ],
  [
    ["serve", "f", "--port=-1"],
    ['--port "-1"', PORT_RANGE],
  ],
  [
    ["serve", "f", "--port", "70000"],
    ['--port "70000"', PORT_RANGE],
  ],
  [
    ["serve", "f", "--port", "65536"],
    ['--port "65536"', PORT_RANGE],
  ],
  [
    ["serve", "f", "--port", "80x"],
    ['--port "80x"', PORT_RANGE],
  ],
  [
    ["serve", "f", "--port", ""],
    ['--port ""', PORT_RANGE],
  ],
  [
    ["serve", "f", "--port=1e3"],
    ['--port "1e3"', PORT_RANGE],
  ],
  [
    ["proxy", "1", "-p", "0x50"],
    ['--port "0x50"', PORT_RANGE],
  ],
  [
    ["serve", "f", "--delay", "5"],
    ['--delay "5"', "expected a duration"],
  ],
  [
    ["serve", "f", "--delay=-5s"],
    ['--delay "-5s"', "expected a duration"],
  ],
  [
    ["serve", "f", "--delay", "inf"],
    ['--delay "inf"', "expected a duration"],
  ],
  [
    ["proxy", "1", "--ttl", "2h junk"],
    ['--ttl "2h junk"', DURATION],
  ],
  [
    ["proxy", "1", "--ttl", ""],
    ['--ttl ""', DURATION],
  ],
  [
    ["proxy", "1", "--ttl", "NaN"],
    ['--ttl "NaN"', DURATION],
  ],
  [
    ["proxy", "1", "--connect-timeout", "5"],
    ['--connect-timeout "5"', DURATION],
  ],
  [
    ["proxy", "1", "--first-byte-timeout", "x"],
    ['--first-byte-timeout "x"', DURATION],
  ],
  [
    ["proxy", "1", "--idle-timeout", "1 s"],
    ['--idle-timeout "1 s"', DURATION],
  ],
  [
    ["proxy", "1", "--total-timeout", "1h30m"],
    ['--total-timeout "1h30m"', DURATION],
  ],
  [
    ["proxy", "1", "--drain-timeout", "soon"],
    ['--drain-timeout "soon"', DURATION],
  ],
  [
    ["get", "1", "--timeout", "1"],
    ['--timeout "1"', DURATION],
  ],
  [
    ["proxy", "1", "--max-answer", "10MB"],
    ['--max-answer "10MB"', SIZE],
  ],
  [
    ["proxy", "1", "--max-answer", "0"],
    ['--max-answer "0"', SIZE],
  ],
  [
    ["proxy", "1", "--max-memory=-1"],
    ['--max-memory "-1"', SIZE],
  ],
  [
    ["get", "1", "--max-answer", "1.5"],
    ['--max-answer "1.5"', SIZE],
  ],
  [
    ["serve", "f", "--num-bytes", "0"],
    ['--num-bytes "0"', "expected a whole number"],
  ],
  [
    ["serve", "f", "--num-bytes", "ten"],
    ['--num-bytes "ten"', "expected a whole number"],
  ],
  [
    ["serve", "f", "--log", "xml"],
    ['--log "xml"', "expected text or json"],
  ],
  [
    ["serve", "f", "--host", ""],
    ['--host ""', "neither a host name nor an IP address"],
  ],
  [
    ["serve", "f", "--host", "1.2.3"],
    ['--host "1.2.3"', "neither a host name nor an IP address"],
  ],
  [
    ["serve", "f", "--iface", "a b"],
    ['"a b"', "neither a host name nor an IP address"],
  ],
  [
    ["serve", ""],
    ['FILE ""', "must not be empty"],
  ],
  [
    ["get", "1", "--output", ""],
    ['--output ""', "must not be empty"],
  ],
  [
    ["proxy", ""],
    ['UPSTREAM ""', UPSTREAM_PORT_RANGE],
  ],
  [
    ["proxy", "0"],
    ['UPSTREAM "0"', UPSTREAM_PORT_RANGE],
  ],
  [
    ["proxy", "70000"],
    ['UPSTREAM "70000"', UPSTREAM_PORT_RANGE],
  ],
  [
    ["proxy", "localhost"],
    ['UPSTREAM "localhost"', ADDRESS_FORMS],
  ],
  [
    ["proxy", "localhost:"],
    ['UPSTREAM "localhost:"', UPSTREAM_PORT_RANGE],
  ],
  [
    ["proxy", "localhost:http"],
    ['UPSTREAM "localhost:http"', UPSTREAM_PORT_RANGE],
  ],
  [
    ["proxy", "localhost: 80"],
    ['UPSTREAM "localhost: 80"', UPSTREAM_PORT_RANGE],
  ],
  [
    ["proxy", ":80"],
    ['UPSTREAM ":80"', "neither a host name nor an IP address"],
  ],
  [
    ["proxy", "256.0.0.1:80"],
    ['UPSTREAM "256.0.0.1:80"', "neither a host name nor an IP address"],
  ],
  [
    ["proxy", "a_b c:80"],
    ['UPSTREAM "a_b c:80"', "neither a host name nor an IP address"],
  ],
  [
    ["proxy", "::1:80"],
    ['UPSTREAM "::1:80"', ADDRESS_FORMS],
  ],
  [
    ["proxy", "[::1]"],
    ['UPSTREAM "[::1]"', ADDRESS_FORMS],
  ],
  [
    ["proxy", "[::g]:80"],
    ['UPSTREAM "[::g]:80"', "not an IPv6 address"],
  ],
  [
    ["proxy", "[1.2.3.4]:80"],
    ['UPSTREAM "[1.2.3.4]:80"', "not an IPv6 address"],
  ],
  [
    ["proxy", "http://localhost:80"],
    ['UPSTREAM "http://localhost:80"', "expected"],
  ],
  [
    ["get", "1", "2", "x"],
    ['ADDRESS "x"', ADDRESS_FORMS],
  ],
];

describe("poetry refuses a wrong command line", () => {
  test.concurrent.each(WRONG)(
    "%j: exit 2, one line, a hint, nothing on standard output",
    async (args, mentions) => {
      const { code, stdout, stderr } = await poetry(...args);
      expect({ code, stdout: stdout.length }).toEqual({ code: 2, stdout: 0 });
      const command = COMMANDS.find((name) => name === args[0]);
      const name = command ? `poetry ${command}` : "poetry";
      const [complaint = "", hint, ...rest] = stderr.split("\n");
      expect(complaint).toStartWith(`${name}: `);
      expect(complaint).toMatch(/[^.?][.?]$/);
      let from = 0;
      for (const mention of mentions) {
        expect(complaint.slice(from)).toContain(mention);
        from = complaint.indexOf(mention, from) + mention.length;
      }
      expect(hint).toBe(`Try "${name} --help".`);
      expect(rest).toEqual([""]);
    },
  );

  test("a value that is a negative number is named, however it is written", async () => {
    for (const args of [
      ["serve", "f", "--port", "-1"],
      ["serve", "f", "--delay", "-5s"],
    ]) {
      const { code, stderr } = await poetry(...args);
      expect(code).toBe(2);
      expect(stderr).toContain(`Bad ${args[2]} "${args[3]}": expected`);
    }
  });

  test("control characters in an argument do not reach the terminal", async () => {
    const { code, stderr } = await poetry("serve", "f", "--port", "\x1b[31m\n8");
    expect(code).toBe(2);
    expect(stderr).not.toContain("\x1b");
    expect(stderr.split("\n")).toHaveLength(3);
  });
});

describe("poetry --help", () => {
  const HELPS: [args: string[], mentions: string[]][] = [
    [["--help"], ["USAGE poetry", "serve", "proxy", "get", "--version", "--help"]],
    [["help"], ["USAGE poetry", "--version"]],
    [["-h"], ["USAGE poetry", "serve", "proxy", "get", "--version", "--help"]],
    ...[["--help"], ["-h"], ["x", "y", "--bogus", "--help"], ["--port", "80x", "-h"]].flatMap(
      (rest): [string[], string[]][] => [
        [
          ["serve", ...rest],
          ["USAGE poetry serve", "FILE", "--port", "--iface", "--delay", "--num-bytes"],
        ],
        [
          ["proxy", ...rest],
          ["USAGE poetry proxy", "UPSTREAM", "--port", "--ttl", "--idle-timeout"],
        ],
        [
          ["get", ...rest],
          ["USAGE poetry get", "ADDRESS", "--timeout", "--output", "--log"],
        ],
      ],
    ),
  ];

  test.concurrent.each(HELPS)(
    "%j is answered on standard output, in plain text, with exit 0",
    async (args, mentions) => {
      const { code, stdout, stderr } = await poetry(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const text = stdout.toString();
      for (const mention of mentions) expect(text).toContain(mention);
      expect(text).not.toContain("\x1b");
      expect(text).not.toMatch(/[ \t]$/m);
      expect(text).toEndWith("\n");
    },
  );

  test("shows the value of each flag", async () => {
    const text = (await poetry("proxy", "--help")).stdout.toString();
    expect(text).toMatch(/--ttl=<DURATION>.*2h/);
    expect(text).toMatch(/--connect-timeout=<DURATION>.*5s/);
    expect(text).toMatch(/--max-answer=<SIZE>.*64MiB/);
  });

  test("after -- is an argument like any other", async () => {
    const { code, stdout, stderr } = await poetry("serve", "--", "--help");
    expect({ code, stdout: stdout.length }).toEqual({ code: 1, stdout: 0 });
    expect(stderr).toContain("Cannot serve --help: no such file");
  });
});

describe("poetry --version", () => {
  test("prints the version and nothing else", async () => {
    const { code, stdout, stderr } = await poetry("--version");
    expect({ code, text: stdout.toString(), stderr }).toEqual({
      code: 0,
      text: `${pkg.version}\n`,
      stderr: "",
    });
  });

  test("ignores .env, bunfig.toml and the environment of the directory it runs in", async () => {
    const { code, stdout } = await run(["sh", "-c", 'cd /tmp && exec "$0" --version', POETRY]);
    expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: `${pkg.version}\n` });
  });
});
