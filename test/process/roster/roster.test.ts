import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import type { Address, TcpAddress } from "../../../src/net/address.ts";
import { Roster, RosterError, type Member } from "../../../src/process/roster/roster.ts";
import { PoemServer } from "../../../src/services/poems/poem-server.ts";
import { systemClock as clock } from "../../../src/time/clock.ts";
import { Recorder } from "../../support/recorder.ts";
import { TempDir } from "../../support/temp-dir.ts";
import { visit, Visitor } from "../../support/visitor.ts";

/** A service that sends its name, and records its events. */
class Server implements Member {
  readonly recorder = new Recorder();
  readonly observer = this.recorder.observe;
  readonly service: PoemServer;
  readonly wanted: Member["wanted"];

  constructor(
    readonly name: string,
    where: number | Address = 0,
    delay = 0,
  ) {
    const address = typeof where === "number" ? { host: "127.0.0.1", port: where } : where;
    this.wanted = [address];
    this.service = new PoemServer({
      listen: { address },
      clock,
      observer: this.observer,
      pace: { delay, numBytes: 1 },
      name,
      poem: new TextEncoder().encode(name),
    });
  }

  /** The port that it reported last. */
  get port(): number {
    const last = this.recorder.events.findLast((event) => event.what === "serving");
    return last ? (last.about.address as TcpAddress).port : 0;
  }

  get told(): number {
    return this.recorder.events.filter((event) => event.what === "serving").length;
  }
}

async function poemAt(port: number): Promise<string> {
  const { bytes, end } = await visit(port);
  return end === "fin" ? bytes.toString() : end;
}

describe("Roster.start()", () => {
  test("opens the ports of all services", async () => {
    const [a, b] = [new Server("a"), new Server("b")];
    const roster = new Roster([a, b], clock);
    await roster.start();
    expect([await poemAt(a.port), await poemAt(b.port)]).toEqual(["a", "b"]);
    await roster.drain();
    expect([await poemAt(a.port), await poemAt(b.port)]).toEqual(["refused", "refused"]);
  });

  test("opens none if one cannot be opened, and reports every reason", async () => {
    const taken = new Server("taken");
    const others = new Roster([taken], clock);
    await others.start();
    const [a, b, c] = [new Server("a"), new Server("b", taken.port), new Server("c", taken.port)];
    const failure = await new Roster([a, b, c], clock).start().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(RosterError);
    expect(String(failure)).toContain("2 of 3 services cannot listen: nothing was started");
    expect([a, b, c].map(({ recorder }) => recorder.events.map(({ what }) => what))).toEqual([
      [],
      ["startFailed"],
      ["startFailed"],
    ]);
    others.abort();
  });
});

describe("Roster.change()", () => {
  test("hands over a port with its socket, and opens and closes the others", async () => {
    const [kept, gone] = [new Server("kept"), new Server("gone")];
    const roster = new Roster([kept, gone], clock);
    await roster.start();
    const added = new Server("added");
    const replaced = new Server("replaced", kept.port);
    const first = new Roster([replaced], clock);
    expect(() => first.change([new Server("x", kept.port)], 0)).toThrow(RosterError); // It is open.
    roster.change([kept, added], 1_000);
    expect([await poemAt(kept.port), await poemAt(added.port), await poemAt(gone.port)]).toEqual([
      "kept",
      "added",
      "refused",
    ]);
    expect(kept.told).toBe(1);
    roster.abort();
  });

  test("changes the permissions of a Unix socket that stays, or nothing at all", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "poem.sock");
    const mode = () => (lstatSync(path).mode & 0o777).toString(8);
    const roster = new Roster([new Server("a", { path })], clock);
    await roster.start();
    const { ino } = lstatSync(path);
    expect(mode()).toBe("600");
    roster.change([new Server("a", { path, mode: 0o666 })], 1000);
    expect([mode(), lstatSync(path).ino]).toEqual(["666", ino]);
    const strange = new Server("a", { path, mode: 0o600, group: "no-such-group" });
    expect(() => roster.change([strange], 1000)).toThrow(RosterError);
    expect(mode()).toBe("666");
    expect((await new Visitor({ path }).visit).bytes.toString()).toBe("a");
    await roster.drain();
    expect(existsSync(path)).toBe(false);
  });

  test("gives a port to the service that uses it next, and leaves clients where they are", async () => {
    const before = new Server("slow", 0, 20);
    const probe = new Roster([before], clock);
    await probe.start();
    const { port } = before;
    probe.abort();
    const old = new Server("slow but whole", port, 5);
    const roster = new Roster([old], clock);
    await roster.start();
    const visitor = new Visitor(port);
    await visitor.connected;
    await old.recorder.until("sending", 1);
    const next = new Server("slow", port); // Another object with the same port.
    roster.change([next], 1_000);
    expect(await poemAt(port)).toBe("slow");
    expect(roster.clients).toBeGreaterThan(0);
    const { bytes, end } = await visitor.visit;
    expect([bytes.toString(), end]).toEqual(["slow but whole", "fin"]);
    await roster.drain();
  });

  test("changes nothing if a port cannot be opened", async () => {
    const [a, other] = [new Server("a"), new Server("other")];
    const [roster, others] = [new Roster([a], clock), new Roster([other], clock)];
    await roster.start();
    await others.start();
    const added = new Server("added");
    expect(() => roster.change([added, new Server("b", other.port)], 0)).toThrow(RosterError);
    expect(roster.members).toEqual([a]);
    expect(await poemAt(a.port)).toBe("a");
    expect(added.told).toBe(0);
    roster.abort();
    others.abort();
  });

  test("lets the clients of a removed service finish, and resets them at the deadline", async () => {
    const slow = new Server("slow", 0, 60_000);
    const roster = new Roster([slow], clock);
    await roster.start();
    const visitor = new Visitor(slow.port);
    await slow.recorder.until("sending", 1);
    roster.change([new Server("other")], 20);
    expect((await visitor.visit).end).toBe("reset");
    roster.abort();
  });
});
