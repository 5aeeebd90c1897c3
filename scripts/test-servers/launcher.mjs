import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

/**
 * Writes the program that starts a binary of a tree of packages: it has the binary's name and is at the top of the tree,
 * which may be moved. The binary then has the tree's libraries, fonts and descriptions of terminals.
 */
export function writeLauncher(tree, binary) {
  if (!existsSync(join(tree, binary))) throw new Error(`has no ${basename(binary)}`);
  const libraries = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((file) => /^lib.*\.so(\.|$)/.test(file.name))
    .map((file) => relative(tree, file.parentPath))
    // Programs load those of their own folders by themselves.
    .filter((folder) => /^(usr\/)?lib\/[^/]+-linux-/.test(folder));
  const terminals = ['lib/terminfo', 'usr/lib/terminfo', 'usr/share/terminfo'].filter((at) =>
    existsSync(join(tree, at)),
  );
  const lines = [
    '#!/bin/sh',
    `here=$(cd "\${0%/*}" && pwd -P)`,
    `export LD_LIBRARY_PATH=${joined(new Set(libraries))}`,
  ];
  if (terminals.length > 0) lines.push(`export TERMINFO_DIRS=${joined(terminals)}`);
  if (existsSync(join(tree, 'usr/share/fonts'))) {
    writeFileSync(join(tree, 'fonts.conf'), fonts);
    lines.push('export FONTCONFIG_FILE="$here/fonts.conf"');
  }
  lines.push(`exec "$here/${binary}" "$@"`);
  writeFileSync(join(tree, basename(binary)), `${lines.join('\n')}\n`, { mode: 0o755 });
}

function joined(folders) {
  return [...folders].map((folder) => `"$here/${folder}"`).join(':');
}

/** The tree's own fonts and no other, so that a page looks the same everywhere. */
const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;
