const RULE = '='.repeat(100);

/** A loud notice of the servers that could not be got, what is skipped without them, and why. */
export function missingNotice(rows, problems, failing) {
  return framed([
    'TEST SERVERS ARE MISSING',
    ...rows.map(({ name, skipped }) => `  ${name}: ${failing ? 'needed by' : 'SKIPPING'} ${skipped}`),
    ...reasons(rows, problems),
    'They come from the packages of Debian or Ubuntu: run `node scripts/test-servers.mjs` on one, with network.',
    failing ? 'CI=true: a skipped suite is a failure.' : 'With CI=true this is a failure.',
  ]);
}

/** A loud notice of the servers that are there in another version than the one that is wanted. */
export function fallbackNotice(rows, entries, problems) {
  return framed([
    'TEST SERVERS OF ANOTHER VERSION',
    ...rows.map(
      ({ name, wants }) => `  ${name}: wanted ${wants}x, using ${entries[name].version} from ${entries[name].suite}`,
    ),
    ...reasons(rows, problems),
    '`node scripts/test-servers.mjs --retry` tries again to get the wanted version.',
  ]);
}

/** Why, each reason once: a mirror that is down is the reason for every row. */
function reasons(rows, problems) {
  const distinct = new Set(rows.flatMap(({ name }) => problems[name] ?? []));
  return distinct.size === 0 ? [] : ['Why:', ...[...distinct].map((reason) => `  ${reason}`)];
}

function framed(lines) {
  return [RULE, ...lines, RULE].join('\n');
}
