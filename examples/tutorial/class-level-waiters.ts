// A bug from the comments: the list of waiters belongs to the class, so two services that fetch two poems share it. The
// first poem that arrives goes to all of them.
import { Deferred } from "poetry-deferred";

abstract class ProxyService {
  abstract readonly waiters: Deferred<string>[];

  getPoem(): Deferred<string> {
    const waiter = new Deferred<string>();
    this.waiters.push(waiter);
    return waiter;
  }

  poemArrived(poem: string): void {
    for (const waiter of this.waiters.splice(0)) waiter.callback(poem);
  }
}

class Broken extends ProxyService {
  static readonly #waiters: Deferred<string>[] = [];
  readonly waiters = Broken.#waiters;
}

class Mended extends ProxyService {
  readonly waiters: Deferred<string>[] = [];
}

for (const Service of [Broken, Mended]) {
  console.log(`${Service.name}:`);
  const ecstasy = new Service();
  const science = new Service();
  ecstasy.getPoem().addCallback((poem) => console.log(`  Ann asked for ecstasy, got: ${poem}`));
  science.getPoem().addCallback((poem) => console.log(`  Bob asked for science, got: ${poem}`));
  ecstasy.poemArrived("Where, like a pillow on a bed");
  science.poemArrived("Science! true daughter of Old Time thou art!");
}
