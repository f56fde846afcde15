import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import { readdirSync } from "node:fs";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const noParents = { group: ["../*"], message: "Import by '@/…'; only siblings are relative." };

/** Forbid imports that would go up: app → features → shared, and no feature to another. */
function zone(files, forbidden, message) {
  return {
    files,
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [noParents, ...(forbidden.length > 0 ? [{ group: forbidden, message }] : [])] },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.gen.ts", "playwright-report"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false } },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // What is taken out of an object so that the rest remains.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true }],
      complexity: ["error", 20],
    },
  },
  {
    // Redirects and "not found" are thrown by design of the router.
    files: ["src/app/**"],
    rules: { "@typescript-eslint/only-throw-error": "off" },
  },
  {
    files: ["**/*.tsx"],
    ...jsxA11y.flatConfigs.recommended,
    rules: {
      ...jsxA11y.flatConfigs.recommended.rules,
      "max-lines": ["error", 250],
      // Dialogs put the cursor into their first field; the library restores it afterwards.
      "jsx-a11y/no-autofocus": "off",
    },
  },
  { files: ["src/**/*.{ts,tsx}"], ...reactHooks.configs.flat["recommended-latest"] },
  { files: ["src/**/*.{ts,tsx}"], languageOptions: { globals: globals.browser } },
  {
    // useVirtualizer hands out functions on purpose; the compiler is not used here.
    files: ["src/**/*.{ts,tsx}"],
    rules: { "react-hooks/incompatible-library": "off" },
  },
  { files: ["*.js", "public/*.js"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["*.js", "public/*.js"],
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
  },
  // Catalogues are lists of texts, in one piece on purpose.
  { files: ["src/i18n/{en,pt-BR}.ts", "src/i18n/*.{en,pt-BR}.ts"], rules: { "max-lines": "off" } },
  { files: ["scripts/**", "e2e/**"], rules: { "no-console": "off" } },
  zone(
    ["src/{api,i18n,lib,ui,testing}/**/*.{ts,tsx}"],
    ["@/app/*", "@/app/**", "@/features/*", "@/features/**"],
    "Shared code knows neither features nor the application.",
  ),
  zone(["src/app/**/*.{ts,tsx}", "src/main.tsx"], [], ""),
  ...features.map((feature) =>
    zone(
      [`src/features/${feature}/**/*.{ts,tsx}`],
      [
        "@/app/*",
        "@/app/**",
        ...features
          .filter((other) => other !== feature)
          .flatMap((other) => [`@/features/${other}`, `@/features/${other}/**`]),
      ],
      "Features do not import one another; the application puts them together.",
    ),
  ),
);
