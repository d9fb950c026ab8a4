import { expect, test } from "bun:test";
import { outOfBounds } from "../../../scripts/layers/rules.ts";
import { readSource } from "../../../scripts/layers/source.ts";

/** The globals that a text uses. */
function touched(text: string): string[] {
  return readSource("cache/cache.ts", text).touches.map(({ target }) => target);
}

test.each([
  ["setTimeout(f, 1);", "setTimeout"],
  ["setInterval(f, 1);", "setInterval"],
  ["queueMicrotask(f);", "queueMicrotask"],
  ["const now = Date.now();", "Date"],
  ["new Date();", "Date"],
  ["performance.now();", "performance"],
  ["AbortSignal.timeout(1);", "AbortSignal.timeout"],
  ["x instanceof AbortSignal;", "AbortSignal"],
  ["await fetch(url);", "fetch"],
  ["new WebSocket(url);", "WebSocket"],
  ["new Worker(url);", "Worker"],
  ["class Log extends EventTarget {}", "EventTarget"],
  ["crypto.randomUUID();", "crypto"],
  ["new URL(text);", "URL"],
  ["alert(1);", "alert"],
  ['require("node:fs");', "require"],
  ["module.exports;", "module"],
  ['eval("1");', "eval"],
  ['new Function("return process")();', "Function"],
  ["console.log(1);", "console.log"],
  ["Bun.listen({});", "Bun.listen"],
  ["Bun?.listen({});", "Bun.listen"],
  ['Bun["listen"]({});', "Bun.listen"],
  ["Bun[name]({});", "Bun"],
  ["const { listen } = Bun;", "Bun.listen"],
  ["const { listen: open = f } = Bun;", "Bun.listen"],
  ["let listen; ({ listen } = Bun);", "Bun.listen"],
  ["function f({ listen } = Bun) {}", "Bun.listen"],
  ['const { "listen": open } = Bun;', "Bun.listen"],
  ["const { [name]: open } = Bun;", "Bun"],
  ["const { ...all } = Bun;", "Bun"],
  ["const b = Bun;", "Bun"],
  ["f(Bun);", "Bun"],
  ["const x = { Bun };", "Bun"],
  ['import { listen as open } from "bun";', "Bun.listen"],
  ['import bun from "bun";', "Bun"],
  ['import * as bun from "bun";', "Bun"],
  ['export { listen } from "bun";', "Bun"],
  ['const { listen } = await import("bun");', "Bun"],
  ["process.env.HOME;", "process.env"],
  ["(process as any).env;", "process.env"],
  ["process!.env;", "process.env"],
  ["(process satisfies object).env;", "process.env"],
  ["const { env } = process;", "process.env"],
  ["const { env: { HOME } } = process;", "process.env"],
  ["globalThis.fetch(url);", "fetch"],
  ["globalThis.process.env;", "process.env"],
  ["global.process.env;", "process.env"],
  ["self.fetch(url);", "fetch"],
  ["const { fetch } = globalThis;", "fetch"],
  ["const { process: { env } } = globalThis;", "process.env"],
  ["const { Bun: { listen } } = globalThis as any;", "Bun.listen"],
  ["globalThis[name];", "globalThis"],
  ["import.meta.env;", "import.meta.env"],
  ["const { env } = import.meta;", "import.meta.env"],
  ['import.meta.require("fs");', "import.meta.require"],
  ["let socket: Bun.Socket;", "Bun.Socket"],
  ["let timer: NodeJS.Timeout;", "NodeJS.Timeout"],
  ["let stream: ReadableStream;", "ReadableStream"],
  ["let env: typeof process.env;", "process.env"],
  ["declare const fetch: any; fetch(url);", "declare"],
  ["declare function fetch(): void; fetch();", "declare"],
  ["declare global { var poem: string }", "declare"],
])("%s touches %s", (text, target) => {
  expect(touched(text)).toContain(target);
});

test.each([
  "const Bun = { listen() {} }; Bun.listen();",
  "function f(process: { env: object }) { return process.env; }",
  "import { fetch } from './flight.ts'; fetch();",
  "class Store { fetch() { return this.fetch(); } }",
  "function f(options: any) { options.fetch(options.process); }",
  "const x = { fetch: 1, performance: 2 };",
  "type Fetch = { fetch: string }; interface Worker {} let w: Worker;",
  "let when: Date;",
  "function f(a: string): void; function f(a: unknown) {}",
  "class A { declare x: number }",
  "declare global { interface AbortSignal {} }",
  "new Map<string, Promise<Uint8Array>>(); Math.max(1, NaN, Infinity); globalThis.Math.max();",
  "// Bun.listen\nconst text = `fetch ${'Bun.listen'}`;",
  "label: for (;;) break label;",
])("%s touches nothing", (text) => {
  expect(touched(text)).toEqual([]);
});

test("outOfBounds() lets a room use what is in its row, member by member", () => {
  const source = readSource("net/listen.ts", "Bun.listen({});\nBun.serve({});\nsetTimeout(() => {}, 1);");
  expect(outOfBounds(source).map(({ text }) => text)).toEqual([
    "net/listen.ts:2: net may not touch Bun.serve",
    "net/listen.ts:3: net may not touch setTimeout",
  ]);
});
