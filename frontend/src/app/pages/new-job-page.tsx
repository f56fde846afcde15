export function NewJobPage() {
  return null;
}
