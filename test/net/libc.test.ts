import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Socket, TCPSocketListener } from "bun";
import { getSocketOption, listen, setSocketOption, unsentByKernel } from "../../src/net/libc.ts";
import { nextTurn } from "../support/next-turn.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { visit } from "../support/visitor.ts";

/** Bun has it, its types do not. */
function fdOf(socket: object): number {
  return (socket as { fd: number }).fd;
}

function listener(open: (socket: Socket) => void = () => {}): TCPSocketListener {
  return Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open, data() {} } });
}

describe.skipIf(process.platform !== "linux")("libc", () => {
  test("unsentByKernel() counts what the peer has not acknowledged, down to 0", async () => {
    await using peer = new ScriptedPeer((connection) => connection.stopReading());
    const socket = await Bun.connect({ hostname: "127.0.0.1", port: peer.port, socket: { data() {} } });
    const unsent = () => unsentByKernel(fdOf(socket)) as number;
    expect(unsent()).toBe(0);
    const taken = socket.write(new Uint8Array(16 * 1024 * 1024));
    expect(unsent()).toBeGreaterThan(0);
    expect(unsent()).toBeLessThanOrEqual(taken);
    (await peer.connection()).readOn();
    await peer.until(() => peer.connections[0]?.received.length === taken);
    while (unsent() > 0) await nextTurn();
    socket.terminate();
  });

  test("setSocketOption() sets what getSocketOption() returns", () => {
    using server = listener();
    expect(getSocketOption(fdOf(server), "TCP_CORK")).toBe(0);
    expect(setSocketOption(fdOf(server), "TCP_CORK", 1)).toBe(true);
    expect(getSocketOption(fdOf(server), "TCP_CORK")).toBe(1);
    expect(setSocketOption(fdOf(server), "SO_SNDBUF", 16_384)).toBe(true);
    expect(getSocketOption(fdOf(server), "SO_SNDBUF")).toBe(32_768); // Linux doubles it.
  });

  test("listen() leaves the port open", async () => {
    using server = listener((socket) => void socket.end());
    expect(listen(fdOf(server), 4096)).toBe(true);
    expect((await visit(server.port)).end).toBe("fin");
  });

  test("reports failure for anything but a socket", () => {
    const noSocket = 999_999;
    expect(unsentByKernel(noSocket)).toBeUndefined();
    expect(listen(noSocket, 1)).toBe(false);
    expect(setSocketOption(noSocket, "TCP_CORK", 1)).toBe(false);
    expect(getSocketOption(noSocket, "TCP_CORK")).toBeUndefined();
  });
});

test("libc reports failure if the JIT is off: bun:ffi throws then", () => {
  const source = `
    import { getSocketOption, listen, setSocketOption, unsentByKernel } from "./libc.ts";
    const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const { fd } = server;
    console.log(listen(fd, 1), setSocketOption(fd, "TCP_CORK", 1), getSocketOption(fd, "TCP_CORK"), unsentByKernel(fd));
    server.stop();`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", source], {
    cwd: join(import.meta.dirname, "../../src/net"),
    env: { ...process.env, BUN_JSC_useJIT: "0" },
  });
  expect(stderr.toString()).toBe("");
  expect(stdout.toString()).toBe("false false undefined undefined\n");
});
