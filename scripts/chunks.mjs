/**
 * Sorts what the entry imports before it runs into two files, for rolldown.
 *
 * `library` is what loads nothing late. `metrics` is what does, and what imports that: the endpoint, which is loaded late, needs
 * the library, and would else make a circle with it. Neither is in the entry's own file: a test runner that inlines
 * the entry runs that file once more, and makes its classes anew.
 */
export function createChunks(isEntry) {
  const modules = new Map();
  const late = new Map();
  let reached;

  /** A file of its own that a module requires when it needs it. */
  const isPart = (id) => id.startsWith('./');

  /** Whether the module, or anything that it imports before it runs, imports something later. */
  const loadsLate = (id) => {
    if (!late.has(id)) {
      const { importedIds = [], dynamicallyImportedIds = [] } = modules.get(id) ?? {};
      late.set(id, isPart(id) || dynamicallyImportedIds.length > 0 || importedIds.some(loadsLate));
    }
    return late.get(id);
  };

  const isReached = (id) => {
    reached ??= closure([...modules.keys()].filter((module) => isEntry.test(module)));
    return reached.has(id) && !isEntry.test(id);
  };

  const closure = (ids) => {
    const found = new Set(ids);
    for (const id of found) for (const imported of modules.get(id)?.importedIds ?? []) found.add(imported);
    return found;
  };

  return {
    plugin: {
      name: 'chunks',
      moduleParsed: ({ id, importedIds, dynamicallyImportedIds }) => {
        modules.set(id, { importedIds, dynamicallyImportedIds });
      },
    },
    groups: [
      { name: 'library', test: (id) => isReached(id) && !loadsLate(id), priority: 1 },
      { name: 'metrics', test: (id) => isReached(id) && loadsLate(id) },
    ],
  };
}
