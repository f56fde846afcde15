import { startProduct } from "./product.ts";

/** Starts the product before the first test; what it returns stops it after the last. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const product = await startProduct();
  // The environment is what tests see of this.
  process.env.ASQL_E2E_BASE = product.base;
  process.env.ASQL_E2E_FOLDER = product.folder;
  process.env.ASQL_E2E_ROOT_PASSWORD = product.rootPassword;
  return product.stop;
}
