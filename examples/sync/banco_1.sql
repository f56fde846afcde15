-- The database the application writes to.
CREATE TABLE plano (
  id int PRIMARY KEY, nome text NOT NULL, preco numeric(10,2) NOT NULL, ativo boolean NOT NULL
);
CREATE TABLE plano_vantagens (
  id int PRIMARY KEY, plano_id int NOT NULL REFERENCES plano, descricao text NOT NULL
);
CREATE TABLE universitario (
  id int PRIMARY KEY, nome text NOT NULL, email text NOT NULL UNIQUE, faculdade text,
  plano_id int REFERENCES plano, alterado_em timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE anunciante (
  id int PRIMARY KEY, empresa text NOT NULL, email text NOT NULL UNIQUE,
  plano_id int REFERENCES plano
);
CREATE TABLE pagamento (
  id bigint PRIMARY KEY, anunciante_id int NOT NULL REFERENCES anunciante,
  valor numeric(12,2) NOT NULL, pago_em timestamptz
);
INSERT INTO plano VALUES (1, 'Básico', 0, true), (2, 'Pleno', 29.90, true), (3, 'Prêmio', 59.90, true);
INSERT INTO plano_vantagens
  SELECT g, 1 + g % 3, 'Vantagem ' || g FROM generate_series(1, 12) g;
INSERT INTO universitario
  SELECT g, 'Universitário ' || g, 'aluno' || g || '@uni.example.com', 'Faculdade ' || g % 7,
         1 + g % 3, timestamptz '2024-01-01' + g * interval '1 hour'
  FROM generate_series(1, 200) g;
INSERT INTO anunciante
  SELECT g, 'Empresa ' || g, 'contato' || g || '@empresa.example.com', 1 + g % 3
  FROM generate_series(1, 40) g;
INSERT INTO pagamento
  SELECT g, 1 + g % 40, 29.90 * (1 + g % 5), timestamptz '2024-02-01' + g * interval '6 hours'
  FROM generate_series(1, 500) g;
