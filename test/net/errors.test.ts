import { constants } from "node:os";
import { describe, expect, test } from "bun:test";
import { describeSystemError, errorCode } from "../../src/net/errors.ts";

describe("describeSystemError()", () => {
  test.each(Object.keys(constants.errno))("has words for %s", (code) => {
    expect(describeSystemError({ code })).toMatch(new RegExp(`^[a-z].* \\(${code}\\)$`));
  });

  test.each(["DNS_ENOTFOUND", "DNS_ESERVFAIL", "DNS_EAI_AGAIN", "ENOTFOUND"])("has words for %s", (code) => {
    expect(describeSystemError({ code })).toMatch(new RegExp(`^[a-z].* \\(${code}\\)$`));
  });

  test("returns the code of an unknown error, and the message if there is no code", () => {
    expect(describeSystemError({ code: "EFUTURE", message: "no" })).toBe("EFUTURE");
    expect(describeSystemError(new Error("out of luck"))).toBe("out of luck");
    expect(describeSystemError("out of luck")).toBe("out of luck");
  });
});

test("errorCode() returns the system's name for a number", () => {
  expect(errorCode(constants.errno.ECONNREFUSED)).toBe("ECONNREFUSED");
  expect(errorCode(constants.errno.EAGAIN)).toBe("EAGAIN");
  expect(errorCode(99_999)).toBe("error 99999");
});
