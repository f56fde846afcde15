-- The database the site reads from: the same tables, and columns that a service fills.
CREATE TABLE plano (
  id int PRIMARY KEY, nome text NOT NULL, preco numeric(10,2) NOT NULL, ativo boolean NOT NULL
);
CREATE TABLE plano_vantagens (
  id int PRIMARY KEY, plano_id int NOT NULL REFERENCES plano, descricao text NOT NULL
);
CREATE TABLE universitario (
  id int PRIMARY KEY, nome text NOT NULL, email text NOT NULL UNIQUE, faculdade text,
  plano_id int REFERENCES plano, alterado_em timestamptz NOT NULL, foto text, senha text
);
CREATE TABLE anunciante (
  id int PRIMARY KEY, empresa text NOT NULL, email text NOT NULL UNIQUE,
  plano_id int REFERENCES plano, foto text, senha text
);
CREATE TABLE pagamento (
  id bigint PRIMARY KEY, anunciante_id int NOT NULL REFERENCES anunciante,
  valor numeric(12,2) NOT NULL, pago_em timestamptz
);
