import type { Collector } from '../core/registry.ts';
import type { MethodBounds } from '../rpc/methods/method-bounds.ts';
import type { ClientNumbers, ServerNumbers } from '../rpc/store-numbers.ts';
import type { CallShape } from './call-shape.ts';

/**
 * A vocabulary: the names under which calls are exposed, and the projection of the recorded numbers to these names.
 *
 * Everything that depends on names is a function of this value. A new vocabulary is one file in `vocabularies/`, and
 * its line in `vocabularies/all.ts`.
 */
export interface Vocabulary<Name extends string = string> {
  /** What a user writes in the option `naming`, and a scraper in `?naming=`. */
  readonly name: Name;
  /** Upper bounds of the durations by default, in seconds, increasing. */
  readonly bounds: readonly number[];
  /** Every label that its series can have, besides `le` and the user's. */
  readonly labels: readonly string[];
  /** The user's labels of calls cannot begin with one of these. */
  readonly reservedPrefixes: readonly string[];
  /** Whether its client series name the target of the call. */
  readonly seesTargets: boolean;
  /** The options that this vocabulary has and others do not. */
  readonly options: readonly SpecificOption[];
  readonly server: VocabularySide<ServerNumbers>;
  readonly client: VocabularySide<ClientNumbers>;
}

/** The calls of one side in a vocabulary. */
export interface VocabularySide<Store> {
  readonly shape: CallShape;
  /** Returns a collector that reads the families from the store at each scrape. */
  readonly project: (store: Store, options?: ProjectionOptions) => Collector;
}

/** Every field has a default; the default is in the signature of `project`. */
export interface ProjectionOptions extends SpecificOptions {
  /** Upper bounds of the durations, in seconds: some of the store's, or all of them by default. */
  readonly bounds?: MethodBounds | undefined;
}

/** Options that only some vocabularies have. */
export interface SpecificOptions {
  /** Of `go`: `grpc_code` on the durations too, one histogram for each code that occurred. Off by default. */
  readonly codeOnDurations?: boolean | undefined;
  /**
   * Of `go`: the labels of nice-grpc-prometheus. `grpc_path` is the path, `grpc_code` is in capitals (`NOT_FOUND`), and is on
   * the durations too. Off by default.
   */
  readonly niceGrpcLabels?: boolean | undefined;
}

type SpecificOption = keyof SpecificOptions;
