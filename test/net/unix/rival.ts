/**
 * Listens on a Unix socket, or stops, as commands on standard input say; prints the outcome of each.
 *
 * Usage: bun rival.ts PATH [GROUP]
 */
import { ListenError } from "../../../src/net/errors.ts";
import { listenOnUnix, type UnixServer } from "../../../src/net/unix/listen-on-unix.ts";

const [path = "", group = ""] = process.argv.slice(2);
let listening: UnixServer<undefined> | undefined;

for await (const word of console) {
  if (word === "listen") console.log(listen());
  if (word === "stop") console.log(stop());
}

function listen(): string {
  try {
    listening = listenOnUnix<undefined>(
      { path, ...(group !== "" && { group }) },
      {
        open: (socket) => {
          socket.write("welcome");
          socket.shutdown();
        },
        data() {},
      },
    );
    return "listening";
  } catch (error) {
    return error instanceof ListenError && error.code === "EADDRINUSE" ? "in use" : String(error);
  }
}

function stop(): string {
  listening?.file?.remove();
  listening?.server.stop();
  listening = undefined;
  return "stopped";
}
