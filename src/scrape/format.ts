import type { Encoding } from '../encode/encoding.ts';
import type { Coding } from '../http/coding.ts';
import type { Asked } from './names.ts';

/** What two scrapes must have in common to share a rendering. */
export interface Format extends Asked {
  readonly encoding: Encoding;
  readonly coding: Coding;
}
