import { test } from "bun:test";

/** Milliseconds for a test: a Python takes a second to start on a busy machine, and some tests start five. */
const PATIENCE_MS = 60_000;
const REQUIRED = process.env.POETRY_PEERS === "required";

/** A real program that a test talks to. */
export interface Peer {
  readonly name: string;
  readonly isHere: boolean;
}

/** Looks for a program by running it: `isMeant` gets its output. */
export function findPeer(name: string, command: string[], isMeant: (text: string) => boolean): Peer {
  if (!Bun.which(command[0] as string)) return { name, isHere: false };
  const { stdout, stderr } = Bun.spawnSync(command, { stdin: "ignore" });
  return { name, isHere: isMeant(stdout.toString() + stderr.toString()) };
}

/** Several programs that a test needs together. */
export function allOf(...peers: Peer[]): Peer {
  const missing = peers.filter(({ isHere }) => !isHere);
  const named = missing.length > 0 ? missing : peers;
  return { name: named.map(({ name }) => name).join(" and "), isHere: missing.length === 0 };
}

/** A test that is visibly skipped without its peer; with POETRY_PEERS=required it fails instead. */
export function testWith(peer: Peer, name: string, fn: () => Promise<void>, patience = PATIENCE_MS): void {
  if (peer.isHere || !REQUIRED) test.skipIf(!peer.isHere)(name, fn, patience);
  else {
    test(name, () => {
      throw new Error(`${peer.name} is missing, and POETRY_PEERS=required`);
    });
  }
}
