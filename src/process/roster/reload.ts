import type { Events } from "../../observe/events.ts";
import type { LastReload } from "../../observe/numbers/watched.ts";
import { textOfReload, textOfUnchanged } from "../../observe/wording.ts";
import type { Observer } from "../../services/observer.ts";
import { KINDS, processSettings } from "../../settings/kinds.ts";
import { keyOf, UsageError, type Setting } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";
import type { Clock } from "../../time/clock.ts";
import { timeOfDay } from "../../time/time-of-day.ts";
import { isRenewable, type Surroundings } from "../build.ts";
import { formatComplaint, type FileComplaint } from "../config/complaint.ts";
import type { Plan, Planned } from "../config/plan.ts";
import type { PlannedService } from "../config/planned-service.ts";
import type { Pause } from "../config/read-files.ts";
import { attempt, attemptRenewal, memberOf, namesFiles, type PlannedMember } from "./members.ts";
import { RosterError, type Roster } from "./roster.ts";

/** What a Reloader needs to read, build and replace services. */
export interface ReloadOptions {
  readonly roster: Roster;
  /** The services at the start, and the plan that they were built from. */
  readonly members: readonly PlannedMember[];
  readonly plan: Plan;
  readonly clock: Clock;
  readonly observer: Observer<Events>;
  /** Reads the files, and plans the services. */
  readonly load: () => Promise<Planned>;
  /** The surroundings of the service with this name in a plan. */
  readonly around: (plan: Plan, name: string) => Surroundings;
  /** Called when a plan is in force, to apply the settings of the process that can change. */
  readonly applied: (plan: Plan) => void;
  /** Called between the steps, so that clients are served in the meantime. */
  readonly pause: Pause;
}

/** What a reload does to a service. */
interface Change {
  readonly member: PlannedMember;
  readonly kind: "added" | "changed" | "same";
  /** Why it starts with an empty cache, although there was a service of that name. */
  readonly emptyBecause?: string;
}

/** Settings of the process that can change while it runs; others need a restart or an upgrade. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  "drain-timeout",
  "drain-delay",
  "upgrade-timeout",
  "quiet",
  "verbose",
]);

/**
 * Replaces the running services by what the files describe now, as one transaction: all files are read and checked, new
 * ports are opened, and then everything changes in one turn of the event loop, or nothing does.
 */
export class Reloader {
  readonly #options: ReloadOptions;
  #members: ReadonlyMap<string, PlannedMember>;
  #plan: Plan;
  #running: Promise<readonly string[]> | undefined = undefined;
  #next: Promise<readonly string[]> | undefined = undefined;
  #report = "";
  #last: LastReload = { isGood: true, goodAt: now() }; // The start counts as a good one.

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#members = byName(options.members);
    this.#plan = options.plan;
  }

  /** Whether a reload is under way. */
  get isUnderWay(): boolean {
    return this.#running !== undefined;
  }

  /** How the last reload went. */
  get last(): LastReload {
    return this.#last;
  }

  /** What the last successful reload changed, in sentences. */
  get report(): string {
    return this.#report;
  }

  /**
   * Reloads. If a reload is under way, another one follows it, because the files may have changed since it read them.
   *
   * @returns the reasons if it failed; empty: it succeeded
   */
  reload(): Promise<readonly string[]> {
    if (!this.#running) return this.#run();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#run();
    });
    return this.#next;
  }

  #run(): Promise<readonly string[]> {
    this.#running = this.#attempt().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** One reload, with its outcome noted and logged. */
  async #attempt(): Promise<readonly string[]> {
    const { observer, roster } = this.#options;
    const bad = { ...this.#last, isGood: false };
    const wrong = await this.#reload().catch((error: unknown) => {
      this.#last = bad;
      return reasonsOf(error);
    });
    this.#last = wrong.length > 0 ? bad : { isGood: true, goodAt: now() };
    if (roster.isEnding) return ["the process is about to end"];
    for (const reason of wrong) observer.reloadFailed({ reason });
    return wrong;
  }

  async #reload(): Promise<readonly string[]> {
    const { roster, clock, load } = this.#options;
    const startedAt = clock.now();
    const planned = await load();
    if ("complaints" in planned) return planned.complaints.map(formatComplaint);
    const { plan } = planned;
    const changes = await this.#changesFor(plan);
    if ("complaints" in changes) return changes.complaints.map(formatComplaint);
    if (roster.isEnding) return [];
    const members = changes.map(({ member }) => member);
    roster.change(members, plan.process.values["drain-timeout"]);
    this.#tell(plan, changes, clock.now() - startedAt);
    this.#members = byName(members);
    this.#plan = plan;
    return [];
  }

  async #changesFor(
    plan: Plan,
  ): Promise<readonly Change[] | { readonly complaints: readonly FileComplaint[] }> {
    const changes: Change[] = [];
    const complaints: FileComplaint[] = [];
    for (const planned of plan.services) {
      const change = await this.#changeFor(planned, plan);
      if ("text" in change) complaints.push(change);
      else changes.push(change);
      await this.#options.pause();
    }
    return complaints.length > 0 ? { complaints } : changes;
  }

  async #changeFor(planned: PlannedService, plan: Plan): Promise<Change | FileComplaint> {
    const around = this.#options.around(plan, planned.name);
    const { kind, name } = planned;
    const before = this.#members.get(name);
    const isSame =
      before !== undefined && before.planned.kind === kind && this.#isSame(before, planned, around);
    if (isSame && !namesFiles(planned))
      // Only without files: a poem or a certificate may have changed.
      return { member: memberOf(planned, before.service, before.observer), kind: "same" };
    const emptyBecause = before && reasonForEmptiness(before.planned, planned);
    if (before && isRenewable(kind) && emptyBecause === undefined) {
      const renewed = await attemptRenewal({ ...planned, kind }, around);
      if ("text" in renewed) return renewed;
      const { service } = before;
      const member = memberOf(planned, service, around.observer, () => renewed.renew(service));
      return { member, kind: isSame ? "same" : "changed" };
    }
    const built = await attempt(planned, around);
    if ("text" in built) return built;
    const member = memberOf(planned, built.service, around.observer);
    const what = before === undefined ? "added" : isSame ? "same" : "changed";
    return { member, kind: what, ...(emptyBecause !== undefined && { emptyBecause }) };
  }

  /** Whether the running service can stay as it is. */
  #isSame({ planned: before }: PlannedMember, planned: PlannedService, around: Surroundings): boolean {
    const { needsPeers } = this.#options.around(this.#plan, planned.name);
    return needsPeers === around.needsPeers && differences(before, planned).length === 0;
  }

  /** Logs what has changed, and what has not because it cannot. */
  #tell(plan: Plan, changes: readonly Change[], ms: number): void {
    const { observer, applied } = this.#options;
    for (const { member, emptyBecause } of changes)
      if (emptyBecause !== undefined) member.observer.startsEmpty({ reason: emptyBecause });
    const unchanged = Object.entries<Setting>(processSettings)
      .filter(([flag]) => !CHANGEABLE.has(flag) && !hasSameTexts(this.#plan.process, plan.process, flag))
      .map(([, setting]) => ({ setting: keyOf(setting) }));
    for (const each of unchanged) observer.notReloaded(each);
    applied(plan);
    const count = (kind: Change["kind"]) => changes.filter((each) => each.kind === kind).length;
    const names = new Set(changes.map(({ member }) => member.name));
    const removed = [...this.#members.keys()].filter((name) => !names.has(name)).length;
    const counts = {
      services: changes.length,
      added: count("added"),
      removed,
      changed: count("changed"),
      ms,
    };
    observer.reloaded(counts);
    this.#report = [textOfReload(counts), ...unchanged.map(textOfUnchanged)].join(" ");
  }
}

/** Seconds since 1970. */
function now(): number {
  return timeOfDay().getTime() / 1000;
}

function byName(members: readonly PlannedMember[]): Map<string, PlannedMember> {
  return new Map(members.map((member) => [member.name, member]));
}

/** The settings in which two services of the same kind differ. */
function differences(before: PlannedService, after: PlannedService): Setting[] {
  return Object.values<Setting>(KINDS[after.kind].settings).filter(
    (setting) =>
      !hasSameTexts(before.settled, after.settled, setting.flag) ||
      (setting.giveWay && before.settled.valueOf(setting.flag) !== after.settled.valueOf(setting.flag)),
  );
}

function hasSameTexts(one: Pick<Settled, "textsOf">, other: Pick<Settled, "textsOf">, flag: string): boolean {
  const [texts, others] = [one.textsOf(flag), other.textsOf(flag)];
  return texts.length === others.length && texts.every((text, index) => text === others[index]);
}

/** Why `after` cannot keep the cached answers of `before`; undefined if it can, or has no cache. */
function reasonForEmptiness(before: PlannedService, after: PlannedService): string | undefined {
  if (!isRenewable(after.kind)) return undefined; // It has no cache.
  if (before.kind !== after.kind) return `it was another kind of service, ${before.kind}`;
  const shaping = differences(before, after).filter(({ shapesAnswers }) => shapesAnswers);
  if (shaping.length === 0) return undefined;
  const names = shaping.map((setting) => keyOf(setting)).join(" and ");
  return `${names} ${shaping.length > 1 ? "have" : "has"} changed`;
}

/** Why a reload failed, one reason per line. Rethrows bugs. */
function reasonsOf(error: unknown): readonly string[] {
  if (error instanceof UsageError) return [error.message];
  if (error instanceof RosterError)
    return error.reasons.map(({ member, error: why }) => `${member.name}: ${(why as Error).message}`);
  throw error;
}
