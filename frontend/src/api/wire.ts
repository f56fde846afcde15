import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type MeWire = Schemas["MeOut"];
export type JobListItemWire = Schemas["JobListItem"];
export type JobDetailWire = Schemas["JobDetail"];
export type JobCreatedWire = Schemas["JobCreated"];
export type LastRunWire = Schemas["LastRun"];
export type RunWire = Schemas["RunOut"];
export type RunDetailWire = Schemas["RunDetail"];
export type RunPageWire = Schemas["RunPage"];
export type AttemptWire = Schemas["AttemptOut"];
export type ConnectionWire = Schemas["ConnectionOut"];
export type ConnectionCreatedWire = Schemas["ConnectionCreated"];
export type ConnectionTestWire = Schemas["ConnectionTestOut"];
export type ParameterWire = Schemas["ParameterDetail"];
export type ParameterCreatedWire = Schemas["ParameterCreated"];
export type UserWire = Schemas["UserOut"];
export type ApiKeyWire = Schemas["ApiKeyOut"];
export type ApiKeyCreatedWire = Schemas["ApiKeyCreated"];
export type LogWire = Schemas["LogOut"];
export type LogPageWire = Schemas["LogPage"];
export type ReadinessWire = Schemas["ReadinessOut"];
export type PreviewWire = Schemas["PreviewOut"];
export type OverviewWire = Schemas["OverviewOut"];
export type DatasetWire = Schemas["DatasetOut"];
export type VersionWire = Schemas["VersionOut"];
export type CatalogueWire = Schemas["CatalogueOut"];
