import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { buildPage } from '../../scripts/page.mjs';

let html = '';
beforeAll(async () => {
  html = await buildPage();
});

test('the page is small', () => {
  const page = Buffer.from(html);
  const brotli = brotliCompressSync(page, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  expect(page.length).toBeLessThanOrEqual(120_000);
  expect(brotli.length).toBeLessThanOrEqual(40_000);
  // Over plain HTTP browsers accept no brotli from hosts other than localhost.
  expect(gzipSync(page, { level: 9 }).length).toBeLessThanOrEqual(46_000);
});

/** The document without what is in its script and its style. */
const markup = () => html.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '<$1></$1>');

test('it has one script and one style, within itself', () => {
  expect(html.match(/<script\b[^>]*>/g)).toEqual(['<script>']);
  expect(html.match(/<style\b[^>]*>/g)).toEqual(['<style>']);
  expect(html.match(/<\/script>/g)).toHaveLength(1);
  expect(/<script>([\s\S]+)<\/script>/.exec(html)![1]!.length).toBeGreaterThan(10_000);
  expect(/<style>([\s\S]+)<\/style>/.exec(html)![1]!.length).toBeGreaterThan(1000);
});

test('it needs no unsafe-inline', () => {
  expect(markup()).not.toMatch(/\sstyle\s*=/i);
  expect(markup()).not.toMatch(/\son[a-z]+\s*=/i);
  expect(html).not.toMatch(/\beval\(|\bnew Function\b|innerHTML|outerHTML|insertAdjacentHTML|setAttribute\("style"/);
});

test('it asks nobody but its own service', () => {
  const addresses = [...markup().matchAll(/\s(?:src|href|action)\s*=\s*"?([^"\s>]+)/g)].map(([, address]) => address);
  expect(addresses).toEqual(['data:,', 'metrics']);
  // The namespace of SVG's elements.
  expect(html.match(/https?:\/\/[^"'` )]+/g)).toEqual(['http://www.w3.org/2000/svg']);
  expect(html).not.toMatch(/url\(|@import/);
});

test('it carries the whole license of uPlot, which its script contains', () => {
  const license = readFileSync(fileURLToPath(import.meta.resolve('uplot/LICENSE')), 'utf8');
  expect(license).toMatch(/Copyright .*[\s\S]*Permission is hereby granted[\s\S]*WITHOUT WARRANTY/);
  expect(html).toContain(license);
});
