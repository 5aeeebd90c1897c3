/**
 * The archives that an apt sources file names. `.sources` files are deb822 stanzas, all others have one archive a line.
 * Disabled and source-only ones are left out.
 */
export function parseSources(fileName, text) {
  return fileName.endsWith('.sources') ? parseStanzas(text) : parseLines(text);
}

/**
 * The mirror of the distribution itself among all archives, undefined when there is none.
 *
 * Archives of others may use the same suite and component names, so it is the one that looks most like the
 * distribution's own: signed by its keyring, with a `-updates` suite, at a path that ends with its name.
 */
export function chooseMirror(archives, { id, codename }) {
  const names = [codename, 'stable', 'testing', 'unstable', 'sid'].filter((name) => name !== undefined);
  const own = archives
    .filter(({ suites, components }) => components.includes('main') && suites.some((suite) => names.includes(suite)))
    .map((archive) => ({ archive, score: likeness(archive, archives, id) }))
    .sort((a, b) => b.score - a.score)[0]?.archive;
  if (own === undefined) return undefined;
  const suite = names.find((name) => own.suites.includes(name));
  // One-line files often give each component a line of its own.
  const components = archives
    .filter(({ uri, suites }) => uri === own.uri && suites.includes(suite))
    .flatMap((archive) => archive.components);
  return {
    uri: own.uri,
    suite,
    components: ['main', 'universe'].filter((component) => components.includes(component)),
    signedBy: own.signedBy,
  };
}

/** A deb822 stanza for one suite of a mirror. `signedBy` is a path or a whole key; without it apt trusts its own. */
export function formatSource({ uri, components, signedBy }, suite) {
  const stanza = [`Types: deb`, `URIs: ${uri}`, `Suites: ${suite}`, `Components: ${components.join(' ')}`];
  if (signedBy !== undefined) stanza.push(`Signed-By: ${signedBy.replaceAll('\n', '\n ')}`);
  return `${stanza.join('\n')}\n`;
}

/** The `ID` and `VERSION_CODENAME` of an os-release file. */
export function parseOsRelease(text) {
  const field = (name) => new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1];
  return { id: field('ID'), codename: field('VERSION_CODENAME') };
}

function likeness({ uri, signedBy = '' }, archives, id) {
  const hasUpdates = archives.some(
    (archive) => archive.uri === uri && archive.suites.some((suite) => suite.endsWith('-updates')),
  );
  const ownPath = uri.replace(/\/+$/, '').endsWith(`/${id}`);
  return (signedBy.includes(`${id}-archive`) ? 4 : 0) + (hasUpdates ? 2 : 0) + (ownPath ? 1 : 0);
}

function parseStanzas(text) {
  const lines = text.replaceAll('\r', '').split('\n');
  const stanzas = lines
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = new Map();
    for (const [, name, value] of stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm)) {
      fields.set(name.toLowerCase(), value.replaceAll(/\n[ \t]/g, '\n').trim());
    }
    const words = (name) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (/^(no|false|0)$/i.test(fields.get('enabled') ?? '') || !words('types').includes('deb')) return [];
    const signedBy = fields.get('signed-by') || undefined;
    return words('uris').map((uri) => ({ uri, suites: words('suites'), components: words('components'), signedBy }));
  });
}

function parseLines(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri, suite, components] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [{ uri, suites: [suite], components: components.split(/\s+/).filter(Boolean), signedBy }];
  });
}
