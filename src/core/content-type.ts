/** Whether a response of this Content-Type is OpenMetrics, of any version. */
export function isOpenMetrics(contentType: unknown): boolean {
  return typeof contentType === 'string' && contentType.startsWith('application/openmetrics-text');
}
