import { describe, expect, test } from "bun:test";
import { environmentOf, takeGiven } from "../../../src/process/systemd/given.ts";

const PID = 4711;

describe("takeGiven()", () => {
  test("takes what is meant for this process, and leaves nothing to its children", () => {
    const environment = {
      PATH: "/bin",
      NOTIFY_SOCKET: "@here",
      WATCHDOG_USEC: "30000000",
      WATCHDOG_PID: `${PID}`,
      LISTEN_FDS: "4",
      LISTEN_PID: `${PID}`,
      LISTEN_FDNAMES: "whois:unknown::poetry-proxy.socket",
    };
    expect(takeGiven(environment, PID)).toEqual({
      notifySocket: "@here",
      watchdog: 30_000,
      sockets: [{ fd: 3, name: "whois" }, { fd: 4 }, { fd: 5 }, { fd: 6 }],
    });
    expect(environment as Record<string, string>).toEqual({ PATH: "/bin" });
  });

  test("ignores what is meant for another process", () => {
    const environment = { WATCHDOG_USEC: "1000", WATCHDOG_PID: "1", LISTEN_FDS: "1", LISTEN_PID: "1" };
    expect(takeGiven(environment, PID)).toEqual({ sockets: [] });
    expect(Object.keys(environment)).toEqual([]);
  });

  test("serves a watchdog that names no process", () => {
    expect(takeGiven({ WATCHDOG_USEC: "1500" }, PID).watchdog).toBe(1.5);
  });

  test.each(["", "0", "-1", "soon", "1e9"])("takes %p for no time at all", (text) => {
    expect(takeGiven({ WATCHDOG_USEC: text, NOTIFY_SOCKET: "" }, PID)).toEqual({ sockets: [] });
  });
});

test("environmentOf() gives a successor what this process was given, but no sockets", () => {
  const given = takeGiven({ NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "2000000", WATCHDOG_PID: `${PID}` }, PID);
  expect(environmentOf(given)).toEqual({ NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "2000000" });
  expect(environmentOf({ sockets: [{ fd: 3 }] })).toEqual({});
});
