import { complaintsAbout } from "../../settings/checks/complaints.ts";
import { KINDS, type Kind } from "../../settings/kinds.ts";
import { keyOf, type Complaint, type Settings } from "../../settings/setting.ts";
import { prepare, settleAll, type Sources } from "../../settings/settle.ts";
import type { Settled, Written } from "../../settings/settled.ts";
import type { FileComplaint } from "./complaint.ts";
import type { GivenSettings, KindTable } from "./config-file.ts";

/** A service as a file describes it, with the values of all its settings. */
export interface PlannedService {
  readonly kind: Kind;
  readonly name: string;
  readonly table: KindTable;
  /** The defaults for services of its kind, as far as they fit this one. */
  readonly defaults: GivenSettings;
  readonly settled: Settled;
}

/** Why a default does not fit a service. */
export interface Misfit {
  readonly flag: string;
  readonly why: string;
}

/** A service, and what is wrong with it. */
export interface Settlement {
  readonly service: PlannedService;
  readonly complaints: readonly FileComplaint[];
  readonly misfits: readonly Misfit[];
}

/**
 * Determines the values of a service's settings, and finds all mistakes in them. Defaults that contradict what the
 * service itself sets are dropped, which may make others contradict: so it repeats until all of them fit.
 */
export async function settleService(table: KindTable, defaults: GivenSettings): Promise<Settlement> {
  const { kind, name, given } = table;
  const { settings, presets } = KINDS[kind];
  const wrong = wrongOf(given);
  const misfits: Misfit[] = [];
  let fitting = defaults;
  for (;;) {
    const sources: Sources = { written: textsBy(given), defaults: textsBy(fitting), presets, wrong };
    await prepare(settings, sources);
    const { settled, complaints } = settleAll<Settings>(settings, sources, keyOf);
    const unfit = complaintsAbout(settled.withDefaultsAsGiven()).filter(
      ({ flag }) => settled.originOf(flag) === "defaults",
    );
    if (unfit.length === 0) {
      const all = [...complaints, ...complaintsAbout(settled)];
      return {
        service: { kind, name, table, defaults: fitting, settled },
        complaints: onePerPlace(all.filter(({ flag }) => settled.originOf(flag) !== "defaults")).map(
          (complaint) => located(complaint, table),
        ),
        misfits,
      };
    }
    misfits.push(...unfit.map(({ flag, text }) => ({ flag, why: text })));
    fitting = new Map([...fitting].filter(([flag]) => !unfit.some((each) => each.flag === flag)));
  }
}

/** A complaint about the setting of a service, at the place of the value, or of the service if it has none. */
export function located({ flag, index = 0, text }: Complaint, table: KindTable): FileComplaint {
  const given = table.given.get(flag);
  const at = given?.places[index] ?? given?.at ?? table.at;
  return { file: table.file, at, table: `${table.kind}.${table.name}`, text };
}

/** The texts of given settings, without those of the wrong type. */
export function textsBy(given: GivenSettings): Written {
  const texts = new Map<string, readonly string[]>();
  for (const [flag, each] of given) if (each.texts) texts.set(flag, each.texts);
  return texts;
}

/** The settings whose values have the wrong type. */
export function wrongOf(given: GivenSettings): Set<string> {
  return new Set([...given].filter(([, { texts }]) => texts === undefined).map(([flag]) => flag));
}

/** One mistake may break several rules; the first message is enough. */
function onePerPlace(complaints: readonly Complaint[]): Complaint[] {
  const seen = new Set<string>();
  return complaints.filter(({ flag, index }) => {
    const place = `${flag}\n${index ?? ""}`;
    const isNew = !seen.has(place) && !seen.has(`${flag}\n`);
    seen.add(place);
    return isNew;
  });
}
