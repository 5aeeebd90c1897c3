export function retried<Result>(work: () => Promise<Result>, patience?: number, pause?: number): Promise<Result>;
