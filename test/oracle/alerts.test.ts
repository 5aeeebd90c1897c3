import { expect, test } from 'vitest';
import { collected } from '../collected.ts';
import { Faults } from '../../src/core/faults.ts';
import { goClient, goServer } from '../../src/naming/go.ts';
import { endCall } from '../../src/rpc/call.ts';
import { CallStore } from '../../src/rpc/store.ts';
import { encodeText } from '../exposition/encode-text.ts';
import { describeWith } from '../servers/binaries.ts';
import { run } from '../servers/promtool.ts';
