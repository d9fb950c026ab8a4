/**
 * Makes docs/images/status.png: the status page of a `poetry up` that has served real clients for `--minutes N`
 * (default: 15, all that the page shows). Needs dist/poetry and Chromium.
 */
import type { Socket, TCPSocketListener } from "bun";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Browser } from "../test/support/browser.ts";

const ROOT = join(import.meta.dirname, "../");
const PICTURE = `${ROOT}docs/images/status.png`;
const WIDTH = 1120;
const HOST = "127.0.0.1";
const MINUTE_MS = 60_000;
const TITLES = ["ecstasy", "fascination", "science", "alla_sera"];

const { values } = parseArgs({ options: { minutes: { type: "string", default: "15" } } });
const lasting = Number(values.minutes) * MINUTE_MS;

/** A stand-in for a registry, which takes half a second to answer. */
function registry(port = 0): TCPSocketListener {
  return Bun.listen({
    hostname: HOST,
    port,
    socket: {
      data: (socket: Socket, request) =>
        void setTimeout(() => socket.end(`domain: ${request.toString().trim()}\nstatus: active\n`), 500),
    },
  });
}

function freePort(): number {
  const listener = Bun.listen({ hostname: HOST, port: 0, socket: { data() {} } });
  listener.stop();
  return listener.port;
}

/** A client: sends a request, and reads to the end. */
function ask(port: number, request: string): void {
  const socket = {
    open: (each: Socket) => void each.write(`${request}\r\n`),
    data() {},
    error() {},
  };
  Bun.connect({ hostname: HOST, port, socket }).catch(() => {});
}

function oneOf(count: number): number {
  return Math.floor(count * Math.random() ** 3); // Some are requested more often than others.
}

async function takePicture(): Promise<void> {
  using browser = await Browser.open(`http://${HOST}:${metrics}/`, { width: WIDTH });
  await browser.until("drawn.length > 0");
  await Bun.sleep(2000); // Until fonts and charts have settled.
  const height = await browser.evaluate<number>("document.documentElement.scrollHeight");
  const { data } = await browser.cdp<{ data: string }>("Page.captureScreenshot", {
    format: "png",
    clip: { x: 0, y: 0, width: WIDTH, height, scale: 1 },
    captureBeyondViewport: true,
  });
  await mkdir(dirname(PICTURE), { recursive: true });
  await Bun.write(PICTURE, Buffer.from(data, "base64"));
}

const [poems, titles, whois, metrics] = [freePort(), freePort(), freePort(), freePort()];
const backup = registry();
let primary = registry();
const dir = await mkdtemp(join(tmpdir(), "poetry-screenshot-"));
await Bun.write(
  join(dir, "team.toml"),
  `[metrics]
listen = "${HOST}:${metrics}"

[proxy.whois]
upstream = ["${HOST}:${primary.port}", "${HOST}:${backup.port}"]
port = ${whois}
preset = "whois"
ttl = "30s"

[proxy.titles]
upstream = "${HOST}:${poems}"
port = ${titles}
preset = "poems"
ttl = "10s"

[serve.poems]
file = "${ROOT}poetry"
port = ${poems}
`,
);
const poetry = Bun.spawn([`${ROOT}dist/poetry`, "up", join(dir, "team.toml"), "--quiet"]);
const start = performance.now();
const traffic = setInterval(() => {
  const wave = 1 + Math.sin((performance.now() - start) / MINUTE_MS) / 2;
  for (let i = 0; i < 12 * wave; i++) ask(whois, `poem${oneOf(400)}.example`);
  for (let i = 0; i < 8 * wave; i++) ask(titles, TITLES[oneOf(TITLES.length)] as string);
}, 100);
await Bun.sleep(lasting * 0.6);
primary.stop(true); // The backup answers meanwhile.
await Bun.sleep(lasting * 0.2);
primary = registry(primary.port);
await Bun.sleep(lasting * 0.2);

await takePicture();
clearInterval(traffic);
poetry.kill();
await poetry.exited;
await rm(dir, { recursive: true });
console.log(`Made ${PICTURE}`);
process.exit(0);
