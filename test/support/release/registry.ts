import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../scripts/release/run.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** A registry of npm packages, on loopback: the archives of a folder, and manifests without one. */
export class Registry implements AsyncDisposable {
  readonly #server: Bun.Server<undefined>;
  readonly #manifests = new Map<string, Manifest>();
  /** Requested paths that it does not have. */
  readonly missed: string[] = [];

  constructor(folder: string) {
    for (const name of readdirSync(folder).filter((each) => each.endsWith(".tgz"))) {
      const manifest = JSON.parse(
        run(["tar", "-xzOf", join(folder, name), "package/package.json"]),
      ) as Manifest;
      this.#manifests.set(manifest.name, manifest);
    }
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: ({ url }) => {
        const path = decodeURIComponent(new URL(url).pathname).slice(1);
        if (path.endsWith(".tgz")) return new Response(Bun.file(join(folder, path)));
        const manifest = this.#manifests.get(path);
        if (manifest) return Response.json(this.#document(manifest));
        this.missed.push(path);
        return new Response("{}", { status: 404 });
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/`;
  }

  /** Lists a package that must not be downloaded. */
  list(manifest: Manifest): void {
    this.#manifests.set(manifest.name, manifest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }

  #document(manifest: Manifest): object {
    const { name, version } = manifest;
    const dist = { tarball: `${this.url}${name}-${version}.tgz` };
    return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }
}
