import { expect, test } from 'vitest';
import { Project, pack } from '../support/project.ts';
import { filesOfPage } from './page.ts';

test('the example of the page passes with Jest 30', { timeout: 600_000 }, async () => {
  const shelf = new Project();
  const project = new Project({
    ...filesOfPage(),
    'package.json': JSON.stringify({
      private: true,
      type: 'module',
      jest: { testEnvironment: 'node', transform: {}, roots: ['jest'] },
    }),
  });
  try {
    await project.install([pack(shelf.folder), '@grpc/grpc-js@^1.14', 'jest@30']);
    const environment = { NODE_OPTIONS: '--experimental-vm-modules' };
    expect(await project.run('jest', [], { environment })).toContain('1 passed');
  } finally {
    project.remove();
    shelf.remove();
  }
});
