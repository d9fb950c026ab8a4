/**
 * A process that takes over only in part, for tests of upgrades: what only one process can hold, the store and the
 * control socket. Usage: bun half-successor.ts die|hang STORE
 */
import { Predecessor } from "../../src/process/upgrade/predecessor.ts";
import { openControlSocket } from "../../src/process/control-socket.ts";
import { SqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";
import { systemClock as clock } from "../../src/time/clock.ts";

const [how, store = ""] = process.argv.slice(2);
const predecessor = await Predecessor.meet();
await predecessor?.release();
const nothing = () => {};
await SqliteStore.open({
  path: store,
  maxBytes: 2 ** 20,
  timeout: Infinity,
  clock,
  wall: Date.now,
  failed: nothing,
  restored: nothing,
});
const { control: path = "" } = predecessor ?? {};
await openControlSocket({ path, isLeft: true }, clock, (address) =>
  Bun.listen({ unix: (address as { path: string }).path, socket: { data() {} } }),
);
if (how === "die") process.kill(process.pid, "SIGKILL");
