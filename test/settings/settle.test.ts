import { describe, expect, test } from "bun:test";
import {
  flag,
  group,
  list,
  positional,
  setting,
  unlessLonger,
  UsageError,
  type Presets,
} from "../../src/settings/setting.ts";
import { prepare, settle } from "../../src/settings/settle.ts";
import type { Values, Written } from "../../src/settings/settled.ts";
import { duration, oneOf, someOf } from "../../src/settings/units.ts";

const DISHES = ["soup", "salad"] as const;

const settings = group("Kitchen", {
  table: positional({ hint: "a number", sets: "guest.table", help: "", parse: Number }),
  preset: setting({ hint: "NAME", help: "", parse: oneOf("quick", "slow") }),
  starter: setting({ hint: "DISH", words: DISHES, sets: "menu.starter", help: "", parse: oneOf(...DISHES) }),
  extras: setting({ hint: "LIST", default: "", words: DISHES, help: "", parse: someOf(...DISHES) }),
  wait: setting({ hint: "DURATION", default: "5s", sets: "limits.wait", help: "", parse: duration }),
  stay: setting({
    hint: "DURATION",
    default: "1m",
    sets: "limits.stay",
    help: "",
    parse: duration,
    giveWay: unlessLonger("wait"),
  }),
  wish: list({ hint: "TEXT", sets: "menu.wishes", help: "", parse: (text) => text }),
  late: flag({ sets: "late", key: "guest.late", help: "" }),
  code: setting({ hint: "N", key: null, secret: true, help: "", parse: duration }),
});

const presets: Presets = {
  quick: { description: "", flags: { wait: "1s", wish: ["now", "here"] } },
  slow: { description: "", flags: { wait: "2h", stay: "3h" } },
};

function written(texts: Readonly<Record<string, string | string[]>>): Written {
  return new Map(Object.entries({ table: "7", ...texts }).map(([name, text]) => [name, [text].flat()]));
}

function read(texts: Readonly<Record<string, string | string[]>> = {}) {
  return settle(settings, written(texts), presets);
}

const NOTHING_GIVEN: Values<typeof settings> = {
  table: 7,
  preset: undefined,
  starter: undefined,
  extras: [],
  wait: 5_000,
  stay: 60_000,
  wish: [],
  late: false,
  code: undefined,
};

test("group() adds flag, key and group to each row", () => {
  expect(settings.wait).toMatchObject({ flag: "wait", key: "wait", group: "Kitchen" });
  expect(settings.late.key).toBe("guest.late");
  expect(settings.code.key).toBeNull();
});

describe("prepare()", () => {
  const loaded: string[] = [];
  const loading = (name: string, standard?: string) =>
    list({
      help: "",
      ...(standard !== undefined && { default: standard }),
      prepare: async () => void loaded.push(name),
      parse: Number,
    });
  const rows = group("", {
    preset: setting({ help: "", parse: String }),
    given: loading("given"),
    inPreset: loading("preset"),
    standard: loading("standard", "1"),
    absent: loading("absent"),
  });

  test("loads what has to be read, and nothing else", async () => {
    const texts = new Map([
      ["preset", ["p"]],
      ["given", ["1", "2"]],
    ]);
    await prepare(rows, { written: texts, presets: { p: { description: "", flags: { inPreset: "3" } } } });
    expect(loaded).toEqual(["given", "preset", "standard"]);
  });
});

describe("settle()", () => {
  test("takes given values, and defaults for the rest", () => {
    expect(read().values).toEqual(NOTHING_GIVEN);
    expect(read({ starter: "soup", wait: "7s", wish: ["a", "b"], late: "true" }).values).toEqual({
      ...NOTHING_GIVEN,
      starter: "soup",
      wait: 7_000,
      wish: ["a", "b"],
      late: true,
    });
  });

  test("nests the values as options, and omits those without a value", () => {
    const options: object = read({ wish: ["a"] }).options;
    expect(options).toStrictEqual({
      guest: { table: 7 },
      menu: { wishes: ["a"] },
      limits: { wait: 5_000, stay: 60_000 },
      late: false,
    });
    expect(read({ starter: "soup" }).options.menu.starter).toBe("soup");
  });

  test("prefers a preset's values to defaults, and given values to both", () => {
    expect(read({ preset: "quick" }).values).toMatchObject({ wait: 1_000, wish: ["now", "here"] });
    expect(read({ preset: "quick", wait: "9s", wish: ["later"] }).values).toMatchObject({
      wait: 9_000,
      wish: ["later"],
    });
  });

  test("knows which values were given, unlike those of a preset", () => {
    const settled = read({ preset: "quick", starter: "soup" });
    const given = Object.keys(settings).filter((name) => settled.isGiven(name));
    expect(given).toEqual(["table", "preset", "starter"]);
    expect(settled.isGiven("constructor")).toBe(false);
  });

  test("lets a default give way to a given value, and nothing else", () => {
    expect(read({ wait: "2m" }).values).toMatchObject({ wait: 120_000, stay: 0 });
    expect(read({ wait: "1m" }).values.stay).toBe(60_000);
    expect(read({ wait: "inf" }).values.stay).toBe(60_000); // No limit: the default stays.
    expect(read({ wait: "2m", stay: "1s" }).values.stay).toBe(1_000);
    expect(read({ preset: "slow", wait: "4h" }).values.stay).toBe(10_800_000);
  });

  test.each([
    [{ starter: "soop" }, 'Bad --starter "soop": expected soup or salad - did you mean soup?'],
    [{ starter: "pie" }, 'Bad --starter "pie": expected soup or salad'],
    [{ extras: "soup,sald" }, 'Bad --extras "soup,sald": expected soup or salad - did you mean salad?'],
    [{ extras: "soup,salad,soup" }, 'Bad --extras "soup,salad,soup": expected soup only once'],
    [{ extras: "soup," }, 'Bad --extras "soup,": expected soup or salad'],
    [{ preset: "quik" }, 'Bad --preset "quik": expected quick or slow'],
    [{ preset: "constructor" }, 'Bad --preset "constructor": expected quick or slow'],
    [{ wish: [] as string[], wait: "5" }, 'Bad --wait "5": expected a duration'],
  ])("refuses %j and says what was expected", (texts, message) => {
    const refused = () => read(texts);
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(message);
  });

  test("combines the values of a list", () => {
    const rows = group("", {
      bills: list({
        help: "",
        sets: "total",
        parse: Number,
        combine: (bills: number[]) => Math.max(0, ...bills),
      }),
    });
    const total: number = settle(rows, new Map([["bills", ["1", "2", "3"]]])).options.total;
    expect(total).toBe(3);
    expect(settle(rows, new Map()).values.bills).toBe(0);
  });

  test("says what is missing, and which forms it may have", () => {
    expect(() => settle(settings, new Map())).toThrow(new UsageError("Missing TABLE (a number)"));
  });

  test("prints no secret", () => {
    expect(() => read({ code: "open sesame" })).toThrow(/^Bad --code: expected/);
    expect(read({ code: "5s" }).quote("code")).toBe("--code");
  });

  test("quotes given values unchanged", () => {
    const settled = read({ wait: "1.50s", wish: ["a b", "c", ""] });
    expect(settled.quote("wait")).toBe("--wait 1.50s");
    expect(settled.quote("wish")).toBe('--wish "a b" c ""');
    expect(settled.quote("table")).toBe("TABLE 7");
  });

  test("passes on errors that are not the user's fault", () => {
    const broken = group("", {
      file: positional({
        help: "",
        parse: () => {
          throw new RangeError("a bug");
        },
      }),
    });
    expect(() => settle(broken, new Map([["file", ["x"]]]))).toThrow(RangeError);
  });
});

test("Settled.options has the types of the values, at the paths of the settings, and no others", () => {
  const { options } = read({ starter: "soup" });
  const starter: "soup" | "salad" | undefined = options.menu.starter;
  const stay: number = options.limits.stay;
  expect([starter, stay]).toEqual(["soup", 60_000]);
  // @ts-expect-error: nothing sets this
  expect(options.preset).toBeUndefined();
  // @ts-expect-error: it is a number
  const wrong: string = options.guest.table;
  expect(wrong).toBe(7 as never);
});
