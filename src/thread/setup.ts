import type { Labels, NativeBuckets } from '../core/snapshot.ts';
import type { ChosenVocabulary } from '../naming/choice.ts';
import type { Vocabulary } from '../naming/vocabulary.ts';
import type { StoreShape } from '../processes/call-sums.ts';
import type { OwnProcess } from '../processes/service-life.ts';
import type { ChosenDetails } from '../rpc/methods/details.ts';
import { MethodBounds } from '../rpc/methods/method-bounds.ts';
import type { ExposeOptions } from '../serve/expose-options.ts';
import type { BeatMemory } from './beat.ts';
import type { ReadKinds } from './questions.ts';

/** What the thread of an endpoint starts with: plain data, as threads share no functions. */
export interface Setup extends ServiceSetup {
  readonly options: ExposeOptions;
  readonly beat: BeatMemory;
  /** What only the main thread can read; undefined where nobody asks it to: there are several processes. */
  readonly kinds: ReadKinds | undefined;
  /** The live page, compressed with brotli; undefined for an endpoint without it. */
  readonly page: Uint8Array | undefined;
  /** The code of the password thread; undefined for an endpoint without users. */
  readonly passwordThread: string | undefined;
}

/** What of it is the same for each endpoint of a service. */
export interface ServiceSetup {
  /** Of the generation's books. */
  readonly folder: string;
  readonly own: OwnProcess;
  readonly chosen: readonly PlainChoice[];
  readonly server: PlainShape;
  readonly client: PlainShape & { readonly attempts: boolean };
  readonly constantLabels: Labels;
  readonly createdSamples: boolean;
  /** Whether scrapes have the metrics of the processes themselves. */
  readonly hasRuntime: boolean;
  /** Of the service's info. */
  readonly service: Labels;
  /** The program, from which the package `yaml` is looked for. */
  readonly mainFile: string | undefined;
}

type PlainChoice = Omit<ChosenVocabulary, 'vocabulary' | 'bounds'> & {
  readonly name: string;
  readonly bounds: PlainBounds;
};

type PlainBounds = Pick<MethodBounds, 'common' | 'own'>;

interface PlainShape {
  readonly bounds: PlainBounds;
  readonly emptyNative: NativeBuckets | undefined;
  readonly details: ChosenDetails;
}

export function plainChoice({ vocabulary, bounds, ...rest }: ChosenVocabulary): PlainChoice {
  return { ...rest, name: vocabulary.name, bounds: plainBounds(bounds) };
}

export function plainShape({ bounds, emptyNative, details }: StoreShape): PlainShape {
  return { bounds: plainBounds(bounds), emptyNative, details };
}

/** The choice again, in the thread. Returns nothing for a vocabulary that it does not have. */
export function readChoice(
  vocabularies: readonly Vocabulary[],
  { name, bounds, ...rest }: PlainChoice,
): ChosenVocabulary[] {
  const vocabulary = vocabularies.find((one) => one.name === name);
  return vocabulary === undefined ? [] : [{ ...rest, vocabulary, bounds: readBounds(bounds) }];
}

export function readShape<Shape extends PlainShape>(shape: Shape): Shape & StoreShape {
  return { ...shape, bounds: readBounds(shape.bounds) };
}

function plainBounds({ common, own }: MethodBounds): PlainBounds {
  return { common, own };
}

function readBounds({ common, own }: PlainBounds): MethodBounds {
  return new MethodBounds(common, own);
}
