import { readConfigFile } from "../../src/process/config/config-file.ts";
import { plan } from "../../src/process/config/plan.ts";
import { buildMembers } from "../../src/process/roster/members.ts";
import { Reloader } from "../../src/process/roster/reload.ts";
import { Roster } from "../../src/process/roster/roster.ts";
import { Proxy } from "../../src/services/proxy/proxy.ts";
import { systemClock as clock } from "../../src/time/clock.ts";
import { Recorder, type Told } from "./recorder.ts";

/** A process with the services of a file, whose text a test may change. */
export class FileProcess {
  text: string;
  readonly recorder = new Recorder();
  readonly roster: Roster;
  readonly #reloader: Reloader;

  private constructor(
    text: string,
    roster: Roster,
    recorder: Recorder,
    reloader: (load: () => string) => Reloader,
  ) {
    this.text = text;
    this.recorder = recorder;
    this.roster = roster;
    this.#reloader = reloader(() => this.text);
  }

  static async start(text: string): Promise<FileProcess> {
    const recorder = new Recorder();
    const observer = recorder.observe;
    const around = () => ({ clock, observer, needsPeers: false, needsTimes: false });
    const planned = await plan([readConfigFile("f.toml", text)]);
    if ("complaints" in planned) throw new Error(JSON.stringify(planned.complaints));
    const built = await buildMembers(planned.plan, around);
    if ("complaints" in built) throw new Error(JSON.stringify(built.complaints));
    const { members } = built;
    const roster = new Roster(members, clock);
    await roster.start();
    return new FileProcess(text, roster, recorder, (load) => {
      const options = {
        roster,
        members,
        plan: planned.plan,
        clock,
        observer,
        around,
        applied: () => {},
        pause: () => undefined,
      };
      return new Reloader({ ...options, load: () => plan([readConfigFile("f.toml", load())]) });
    });
  }

  /** Reloads a changed text; returns its mistakes. */
  reload(text: string): Promise<readonly string[]> {
    this.text = text;
    return this.#reloader.reload();
  }

  told<W extends Told["what"]>(what: W): Extract<Told, { what: W }>["about"][] {
    return this.recorder.events.flatMap((event) => (event.what === what ? [event.about as never] : []));
  }

  proxy(name: string): Proxy {
    const found = this.roster.members.find((member) => member.name === name)?.service;
    if (found instanceof Proxy) return found;
    throw new Error(`There is no proxy ${name}`);
  }
}
