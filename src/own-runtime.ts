import type { LiveFamily } from './core/snapshot.ts';
import type { ShownFamily } from './live/flatten.ts';
import {
  allNodeNames,
  loopUtilization,
  type NodeMetrics,
  nodeInternals,
  nodeLag,
  nodeMemory,
} from './naming/own/node.ts';
import { allProcessNames, processMetrics, processUsage } from './naming/own/process.ts';

/** A process as the live page shows it. */
export interface ShownRuntime {
  readonly families: readonly { readonly name: string }[];
  collect(): readonly ShownFamily[];
  /** Called when the page's stream starts. The function that it returns is called when the stream closes. */
  start(): () => void;
  /** Called when somebody begins to look. The function that it returns is called when nobody looks any more. */
  watch(): () => void;
}

/** All that the page ever shows of a process. */
export const shownFamilies: ShownRuntime['families'] = [...allProcessNames, ...allNodeNames].map((name) => ({ name }));

/** Milliseconds. Coarser than for scrapes, because it runs as long as the endpoint does. */
const lagResolution = 50;

/** The process as the page shows it: all of it while somebody looks, else what costs next to nothing. */
export class OwnRuntime implements ShownRuntime {
  readonly families: ShownRuntime['families'] = shownFamilies;
  readonly #utilization = loopUtilization();
  readonly #whole = processMetrics();
  readonly #startLag: () => NodeMetrics;
  readonly #startNode: () => NodeMetrics;
  #lag: NodeMetrics | undefined;
  #node: NodeMetrics | undefined;

  /** `startLag` samples the event loop from the start to the end, `startNode` observes the process while somebody looks. */
  constructor(
    startLag: () => NodeMetrics = () => nodeLag({ resolution: lagResolution, windowSeconds: 0 }), // since the reading before the last
    startNode: () => NodeMetrics = nodeInternals,
  ) {
    this.#startLag = startLag;
    this.#startNode = startNode;
  }

  collect(): LiveFamily[] {
    const process = this.#node === undefined ? processUsage() : this.#whole.collect();
    const lag = this.#lag?.collect() ?? [];
    return [...process, ...lag, ...(this.#node?.collect() ?? nodeMemory()), this.#utilization()];
  }

  start(): () => void {
    const lag = this.#startLag();
    this.#lag = lag;
    return () => {
      lag.stop();
      this.#lag = undefined;
    };
  }

  watch(): () => void {
    const node = this.#startNode();
    this.#node = node;
    return () => {
      node.stop();
      this.#node = undefined;
    };
  }
}
