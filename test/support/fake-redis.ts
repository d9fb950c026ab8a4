import { ScriptedPeer, type PeerConnection } from "./scripted-peer.ts";

/** The reply of a fake server to a script or to GET; undefined: none, ever. */
export type Say = (command: string, connection: PeerConnection) => string | undefined;

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

const INFO = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:fake\r\n";

/** A server that greets like Redis, and then replies as the test wants. */
export function fakeRedis(say: Say, info = INFO): ScriptedPeer {
  return new ScriptedPeer((connection) => {
    let read = 0;
    connection.onData = () => {
      for (;;) {
        const { command, end } = readCommand(connection.received, read);
        if (command === undefined) return;
        read = end;
        const greeting = { HELLO: "%1\r\n+server\r\n+redis\r\n", INFO: bulk(info), SCRIPT: "+loaded\r\n" }[
          command
        ];
        const reply = greeting ?? say(command, connection);
        if (reply !== undefined && reply !== "") connection.send(Buffer.from(reply, "latin1"));
      }
    };
  });
}

/** The name of the command that begins there, if it has arrived completely. */
function readCommand(text: string, start: number): { command: string | undefined; end: number } {
  const none = { command: undefined, end: start };
  const head = /^\*(\d+)\r\n/.exec(text.slice(start, start + 20));
  if (!head) return none;
  let at = start + head[0].length;
  const words: string[] = [];
  for (let i = 0; i < Number(head[1]); i++) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
    if (!length) return none;
    const from = at + length[0].length;
    at = from + Number(length[1]) + 2;
    if (text.length < at) return none;
    words.push(text.slice(from, at - 2));
  }
  return { command: words[0]?.toUpperCase(), end: at };
}
