import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Project } from '../support/project.ts';
import { root } from './build.ts';

test('npm pack in a fresh clone builds what it packs', { timeout: 300_000 }, async () => {
  const project = new Project();
  try {
    await project.run('git', ['clone', '--quiet', '--no-hardlinks', '--depth', '1', `file://${root}`, 'clone']);
    expect(readdirSync(join(project.folder, 'clone'))).not.toContain('dist');
    symlinkSync(join(root, 'node_modules'), join(project.folder, 'clone/node_modules'));
    await project.run('npm', ['pack', '--silent'], { folder: 'clone', timeoutSeconds: 200 });
    const [tarball] = readdirSync(join(project.folder, 'clone')).filter((file) => file.endsWith('.tgz'));
    const listed = await project.run('tar', ['tzf', tarball!], { folder: 'clone' });
    for (const file of ['library.cjs', 'index.mjs', 'index.d.cts', 'page-file.cjs', 'cli.cjs']) {
      expect(listed).toContain(`package/dist/${file}\n`);
    }
  } finally {
    project.remove();
  }
});
