import { RunningProgram } from "./program.ts";

/** Prints each datagram as JSON, with the process that sent it, and answers barriers (BARRIER=1). */
const RECEIVER = `
import json, os, socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind(sys.argv[1].replace("@", "\\0", 1))
print("bound", file=sys.stderr, flush=True)
while True:
    data, more, _, _ = s.recvmsg(65536, 4096)
    pid = None
    for level, kind, value in more:
        if kind == socket.SCM_RIGHTS: os.close(struct.unpack("i", value[:4])[0])
        if kind == 2: pid = struct.unpack("iii", value)[0]
    print(json.dumps({"pid": pid, "text": data.decode()}), file=sys.stderr, flush=True)
`;

interface Told {
  readonly pid: number;
  /** Variables, as sd_notify(3) has them. */
  readonly news: Readonly<Record<string, string>>;
}

/** Stands in for systemd at $NOTIFY_SOCKET. */
export class NotifySocket implements AsyncDisposable {
  readonly #receiver: RunningProgram;

  private constructor(readonly path: string) {
    this.#receiver = new RunningProgram(["python3", "-c", RECEIVER, path]);
  }

  /** @param path or `@` and a name */
  static async open(path: string): Promise<NotifySocket> {
    const socket = new NotifySocket(path);
    await socket.#receiver.until((line) => line === "bound");
    return socket;
  }

  /** The messages so far, in order. */
  get told(): Told[] {
    return this.#receiver.lines.slice(1).map(readLine).filter(isNews);
  }

  /** Resolves with the message that has this variable, after `before` others with it. */
  async until(variable: string, before = 0): Promise<Told["news"]> {
    const having = () => this.told.filter(({ news }) => variable in news);
    await this.#receiver.until(() => having().length > before);
    return having()[before]?.news as Told["news"];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver[Symbol.asyncDispose]();
  }
}

function readLine(line: string): Told {
  const { pid, text } = JSON.parse(line) as { pid: number; text: string };
  return { pid, news: Object.fromEntries(text.split("\n").map((each) => each.split(/=(.*)/, 2))) };
}

function isNews({ news }: Told): boolean {
  return !("BARRIER" in news);
}
