import { ROOMS, roomOf, type Room } from "./rooms.ts";
import type { Import, Source, Touch } from "./source.ts";

/** A violation of the table. */
export interface Violation {
  /** The file, relative to src, or the folder. */
  readonly file: string;
  /** The file of src, package or global that it may not use; or `size`, `room`. */
  readonly target: string;
  readonly text: string;
}

type Rooms = Readonly<Record<string, Room>>;

/** Imports and globals that the row of a file's room does not list. */
export function outOfBounds(source: Source, rooms: Rooms = ROOMS): Violation[] {
  const { path } = source;
  const name = roomOf(path, rooms);
  const room = name === undefined ? undefined : rooms[name];
  if (name === undefined || !room) {
    return [
      { file: path, target: "room", text: `${path}: its folder is not a room; see scripts/layers/rooms.ts` },
    ];
  }
  const refused = (target: string, line: number, why: string): Violation => ({
    file: path,
    target,
    text: `${path}:${line}: ${name} ${why}`,
  });
  const imports = source.imports.flatMap((each) => {
    const why = refusalOfImport(each, name, rooms);
    return why === undefined ? [] : [refused(each.target, each.line, why)];
  });
  const touches = source.touches
    .filter(({ target }) => !room.globals.includes(target))
    .map(({ target, line }) => refused(target, line, refusalOfTouch({ target, line })));
  return [...imports, ...touches];
}

/** Why a file of the room `name` may not import `target`; `undefined` if it may. */
function refusalOfImport({ target, onlyTypes }: Import, name: string, rooms: Rooms): string | undefined {
  const owner = isFile(target) ? roomOf(target, rooms) : undefined;
  if (owner === name) return undefined;
  const room = rooms[name];
  if (owner === undefined) {
    return room?.packages.includes(target) ? undefined : `may not import ${target}`;
  }
  const file = target.replace(/\.ts$/, "");
  const arrow = room?.mayImport.find(({ to }) => to === owner || to === file);
  if (!arrow) return `may not import ${owner} (${target})`;
  if (arrow.onlyTypes && !onlyTypes) return `may import ${owner} only by "import type" (${target})`;
  const doors = rooms[owner]?.doors;
  if (doors && !doors.includes(target.slice(owner.length + 1))) {
    return `may import ${owner} only through ${doors.join(" or ")}, not ${target}`;
  }
  return undefined;
}

function isFile(target: string): boolean {
  return /\.(ts|js|css)$/.test(target) && !target.startsWith("..");
}

function refusalOfTouch({ target }: Touch): string {
  if (target === "declare") return `may not declare a value without defining it: that would hide a global`;
  return `may not touch ${target}`;
}

/** Packages and globals that a row lists but no file of the room uses, and rooms without files. */
export function unused(sources: readonly Source[], rooms: Rooms = ROOMS): Violation[] {
  return Object.entries(rooms).flatMap(([name, { packages, globals }]) => {
    const own = sources.filter(({ path }) => roomOf(path, rooms) === name);
    if (own.length === 0) return [{ file: name, target: "room", text: `${name}: the room has no file` }];
    const used = new Set(
      own.flatMap(({ imports, touches }) => [...imports, ...touches]).map(({ target }) => target),
    );
    return [...packages, ...globals]
      .filter((target) => !used.has(target))
      .map((target) => ({
        file: name,
        target,
        text: `${name}: no file uses ${target} any more; delete it from the room's row in scripts/layers/rooms.ts`,
      }));
  });
}
