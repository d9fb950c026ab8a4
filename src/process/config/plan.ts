import { complaintsAbout } from "../../settings/checks/complaints.ts";
import { KINDS, processSettings, type Kind } from "../../settings/kinds.ts";
import { keyOf, type Complaint, type Settings } from "../../settings/setting.ts";
import { prepare, settleAll } from "../../settings/settle.ts";
import type { Settled, Written } from "../../settings/settled.ts";
import { clashesOf } from "./clashes.ts";
import { processClashes, uselessLimits } from "./process-clashes.ts";
import { sortComplaints, type FileComplaint } from "./complaint.ts";
import type { ConfigFile, Given, GivenSettings } from "./config-file.ts";
import type { Pause } from "./read-files.ts";
import {
  settleService,
  textsBy,
  wrongOf,
  type Misfit,
  type PlannedService,
  type Settlement,
} from "./planned-service.ts";

/** What files describe: the services of one process, with the values of all settings. */
export interface Plan {
  readonly files: readonly string[];
  readonly services: readonly PlannedService[];
  /** The settings of the process as a whole. */
  readonly process: Settled<typeof processSettings>;
  /** The process settings that the files give, with their places. */
  readonly processGiven: GivenSettings;
}

/** A plan, or all mistakes in the files, sorted by place. */
export type Planned = { readonly plan: Plan } | { readonly complaints: readonly FileComplaint[] };

/** What `plan` takes besides the files. */
export interface PlanOptions {
  /** The process settings given on the command line, which override those in files. */
  readonly overrides?: Written;
  /** Called after each service, so that a reload does not block the event loop. */
  readonly pause?: Pause;
}

/** Combines the contents of the files and finds all mistakes in them. Opens nothing else. */
export async function plan(
  files: readonly ConfigFile[],
  { overrides = new Map(), pause }: PlanOptions = {},
): Promise<Planned> {
  const complaints = files.flatMap((file) => file.complaints);
  const defaults = new Map<Kind, GivenSettings>();
  for (const [kind, tables] of Map.groupBy(
    files.flatMap((file) => file.defaults),
    (table) => table.kind,
  )) {
    const given = merged(
      tables.map((table) => table.given),
      complaints,
    );
    defaults.set(kind, given);
    complaints.push(...(await wrongDefaults(kind, given)));
  }

  const settlements: Settlement[] = [];
  for (const table of files.flatMap((file) => file.services)) {
    settlements.push(await settleService(table, defaults.get(table.kind) ?? new Map<string, Given>()));
    await pause?.();
  }
  const services = settlements.map(({ service }) => service);
  const process = merged(
    files.map((file) => file.process),
    complaints,
  );
  const { settled, complaints: wrong } = settleProcess(process, overrides);
  const names = files.map(({ file }) => file);
  complaints.push(
    ...settlements.flatMap((settlement) => settlement.complaints),
    ...unfitDefaults(defaults, settlements),
    ...clashesOf(services),
    ...wrong,
    ...uselessLimits(settled as Settled, services),
    ...processClashes(settled as Settled, services).flatMap((clash) => locatedIn(process, clash)),
  );
  if (complaints.length === 0 && services.length === 0) complaints.push(...nothingToRun(names));
  if (complaints.length > 0) return { complaints: sortComplaints(complaints, names) };
  return { plan: { files: names, services, process: settled, processGiven: process } };
}

/** The settings of several tables as one; a setting that is given twice is a mistake. */
function merged(tables: readonly GivenSettings[], complaints: FileComplaint[]): GivenSettings {
  const all = new Map<string, Given>();
  for (const [flag, given] of tables.flatMap((table) => [...table])) {
    const first = all.get(flag);
    if (!first) all.set(flag, given);
    else {
      const { file, at } = given;
      complaints.push({ file, at, text: `${flag} is already set in ${first.file}:${first.at.line}` });
    }
  }
  return all;
}

/** Mistakes in the defaults themselves. */
async function wrongDefaults(kind: Kind, given: GivenSettings): Promise<FileComplaint[]> {
  const { settings, presets } = KINDS[kind];
  const sources = { written: textsBy(given), presets, wrong: wrongOf(given) };
  await prepare(settings, sources);
  const { complaints } = settleAll<Settings>(settings, sources, keyOf);
  return complaints.flatMap((complaint) => locatedIn(given, complaint, `defaults.${kind}`));
}

/**
 * Defaults that fit no service of their kind: a mistake, because they have no effect. Others are skipped where they do
 * not fit.
 */
function unfitDefaults(
  defaults: ReadonlyMap<Kind, GivenSettings>,
  settlements: readonly Settlement[],
): FileComplaint[] {
  return [...defaults].flatMap(([kind, given]) => {
    const ofKind = settlements.filter(({ service }) => service.kind === kind);
    const misfits = Map.groupBy(
      ofKind.flatMap((settlement) => settlement.misfits),
      (misfit) => misfit.flag,
    );
    return [...misfits.values()]
      .filter((all) => all.length === ofKind.length)
      .flatMap(([first]) => {
        const { flag, why } = first as Misfit;
        return locatedIn(given, { flag, text: `it fits none of the services: ${why}` }, `defaults.${kind}`);
      });
  });
}

/** The values of the process settings, and the mistakes in those that files give. */
function settleProcess(given: GivenSettings, overrides: Written) {
  const written = new Map([...textsBy(given), ...overrides]);
  const { settled, complaints } = settleAll(processSettings, { written, wrong: wrongOf(given) }, keyOf);
  const all = [...complaints, ...complaintsAbout(settled as Settled)];
  return { settled, complaints: all.flatMap((complaint) => locatedIn(given, complaint)) };
}

/** The complaint with its place; none if it is about a setting that the file does not give. */
function locatedIn(
  given: GivenSettings,
  { flag, index = 0, text }: Complaint,
  table?: string,
): FileComplaint[] {
  const found = given.get(flag);
  if (!found) return [];
  return [{ file: found.file, at: found.places[index] ?? found.at, table, text }];
}

function nothingToRun(files: readonly string[]): FileComplaint[] {
  const [file = ""] = files;
  const tables = Object.keys(KINDS).map((kind) => `[${kind}.NAME]`);
  return [{ file, at: { line: 1, column: 1 }, text: `it defines no service: expected ${tables.join(", ")}` }];
}
