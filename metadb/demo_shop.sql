-- The demonstration shop: schema loja with about 200,000 generated rows of a wholesaler.
-- The same on every start but for the dates, which end yesterday. Runs once, as superuser, in
-- one transaction. h(n, salt) is the only source of chance: a hash of the row's number.

CREATE SCHEMA loja AUTHORIZATION demo_dono;
SET LOCAL search_path = loja;
SET LOCAL synchronous_commit = off;

CREATE FUNCTION loja.h(n bigint, salt bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT hashint8extended(n, salt) & 2147483647';

CREATE FUNCTION loja.pick(list text[], n bigint, salt bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT list[1 + (hashint8extended(n, salt) & 2147483647) % cardinality(list)]';

-- Customers: people and companies; codes and postal codes keep their leading zeros as text.
CREATE TABLE clientes (
    cliente_id     integer PRIMARY KEY,
    codigo         text NOT NULL UNIQUE,
    nome           text NOT NULL,
    tipo           text NOT NULL CHECK (tipo IN ('PF', 'PJ')),
    email          text,
    telefone       text,
    cep            text NOT NULL,
    cidade         text NOT NULL,
    uf             char(2) NOT NULL,
    limite_credito numeric(12,2),
    cadastrado_em  date NOT NULL,
    observacao     text
);
INSERT INTO clientes
SELECT n,
       lpad((n * 7)::text, 6, '0'),
       CASE WHEN is_company THEN
            CASE n % 4
                WHEN 0 THEN 'Mercado "' || brand || '" Ltda'
                WHEN 1 THEN brand || ' & ' || last_name || ' Comércio S.A.'
                WHEN 2 THEN 'Padaria ' || brand || '; Confeitaria ' || last_name
                ELSE 'Distribuidora ' || brand || ' ME'
            END
            ELSE first_name || ' ' || middle_name || ' ' || last_name
       END,
       CASE WHEN is_company THEN 'PJ' ELSE 'PF' END,
       CASE WHEN h(n, 10) % 9 > 0 THEN
            translate(lower(first_name), 'áâãçéêíóôõúü', 'aaaceeiooouu') || '.' || n
            || '@example.com'
       END,
       CASE WHEN h(n, 11) % 4 > 0 THEN '0' || ddd || ' 9' || lpad((h(n, 12) % 10000)::text, 4, '0')
            || '-' || lpad((h(n, 13) % 10000)::text, 4, '0')
       END,
       cep_start || lpad((h(n, 14) % 100000)::text, 5, '0'),
       city[1],
       city[2],
       CASE WHEN h(n, 15) % 5 > 0 THEN ((h(n, 16) % 4000) * 12.5 + 500)::numeric(12,2) END,
       CURRENT_DATE - 740 - (h(n, 17) % 2200)::integer,
       CASE h(n, 18) % 12
            WHEN 0 THEN 'Entregar só de manhã; portão azul'
            WHEN 1 THEN E'Falar com a Conceição.\nRamal 0' || h(n, 19) % 90
            WHEN 2 THEN 'Cliente pediu: "não ligar após as 18h"'
            WHEN 3 THEN ''
       END
FROM (
    SELECT n,
           h(n, 1) % 3 = 0 AS is_company,
           pick('{José,Conceição,Antônia,João,Fátima,Íris,Luís,Ana,Márcia,Zoé,Sebastião,Inês}', n, 2)
               AS first_name,
           pick('{Maria,Aparecida,Henrique,de Fátima,Otávio,Cecília,Ângelo,Lúcia}', n, 3)
               AS middle_name,
           pick('{da Silva,Gonçalves,D''Ávila,de Araújo,Müller,Brandão,Sá,Peçanha,Simões,Nuñez}',
               n, 4) AS last_name,
           pick('{Bom Preço,São João,Três Irmãos,Pão d''Açúcar,Avenida,Coração de Mãe,Ipê}', n, 5)
               AS brand,
           string_to_array(pick('{São Paulo|SP|11|010,Campinas|SP|19|130,Santos|SP|13|110,'
               'Rio de Janeiro|RJ|21|200,Niterói|RJ|21|240,Belo Horizonte|MG|31|301,'
               'Uberlândia|MG|34|384,Curitiba|PR|41|800,Florianópolis|SC|48|880,'
               'Porto Alegre|RS|51|900,Salvador|BA|71|400,Recife|PE|81|500,Fortaleza|CE|85|600,'
               'Goiânia|GO|62|740,Brasília|DF|61|700,Belém|PA|91|660,Manaus|AM|92|690}', n, 6),
               '|') AS city
    FROM generate_series(1, 8000) AS n
) AS person
CROSS JOIN LATERAL (SELECT city[3] AS ddd, city[4] AS cep_start) AS place;

CREATE TABLE produtos (
    produto_id integer PRIMARY KEY,
    sku        text NOT NULL UNIQUE,
    descricao  text NOT NULL,
    categoria  text NOT NULL,
    preco      numeric(10,2) NOT NULL,
    peso_kg    numeric(8,3),
    ativo      boolean NOT NULL
);
INSERT INTO produtos
SELECT n,
       lpad(n::text, 5, '0') || '-' || substr('ABCDEFGHJK', 1 + n % 10, 1),
       kind[1]
       || CASE n % 5
              WHEN 0 THEN ' 500 g'
              WHEN 1 THEN ' 1,5 kg'
              WHEN 2 THEN ' "Premium"'
              WHEN 3 THEN ' pacote 6" x 9"'
              ELSE '; caixa com ' || (6 + n % 7)
          END || ' nº ' || n,
       kind[2],
       ((h(n, 22) % 24000) / 100.0 + 1.99)::numeric(10,2),
       CASE WHEN n % 8 > 0 THEN ((h(n, 23) % 12000) / 1000.0)::numeric(8,3) END,
       n % 25 > 0
FROM (
    SELECT n,
           string_to_array(pick('{Café torrado|Mercearia,Açúcar cristal|Mercearia,'
               'Feijão carioca|Mercearia,Macarrão|Mercearia,Água mineral|Bebidas,'
               'Guaraná|Bebidas,Cachaça|Bebidas,Sabão em pó|Limpeza,Detergente|Limpeza,'
               'Queijo Minas|Frios,Presunto|Frios,Maçã Fuji|Hortifrúti,Pêra|Hortifrúti,'
               'Pão de queijo|Padaria,Brioche à moda|Padaria}', n, 20), '|') AS kind
    FROM generate_series(1, 600) AS n
) AS chosen;

-- Orders of the last two years in the order they came; more of them lately, few on Sundays.
CREATE TABLE pedidos (
    pedido_id    integer PRIMARY KEY,
    numero       text NOT NULL UNIQUE,
    cliente_id   integer NOT NULL REFERENCES clientes,
    canal        text NOT NULL,
    situacao     text NOT NULL,
    criado_em    timestamp NOT NULL,
    entregue_em  timestamp,
    desconto     numeric(5,4),
    frete        numeric(10,2) NOT NULL,
    instrucoes   text
);
INSERT INTO pedidos
SELECT pedido_id,
       to_char(criado_em, 'YY') || '-' || lpad(pedido_id::text, 7, '0'),
       1 + least(h(n, 30) % 8000, h(n, 31) % 8000),
       pick('{Loja,Loja,Loja,Site,Site,Telefone,Representante}', n, 32),
       situacao,
       criado_em,
       CASE WHEN situacao = 'entregue' THEN
            least(criado_em + make_interval(hours => (20 + h(n, 33) % 100)::integer),
                  CURRENT_DATE - interval '1 second')
       END,
       CASE WHEN h(n, 34) % 10 < 3 THEN ((h(n, 35) % 1500) / 10000.0)::numeric(5,4) END,
       (h(n, 36) % 9000 / 100.0)::numeric(10,2),
       CASE h(n, 37) % 40
            WHEN 0 THEN E'Deixar na portaria;\navisar o síndico'
            WHEN 1 THEN 'Presente: escrever "Feliz aniversário"'
            WHEN 2 THEN 'Não substituir itens'
       END
FROM (
    SELECT n, criado_em, row_number() OVER (ORDER BY criado_em, n)::integer AS pedido_id,
           CASE
               WHEN h(n, 38) % 25 = 0 THEN 'cancelado'
               WHEN criado_em > CURRENT_DATE - interval '2 days' THEN
                   (ARRAY['aberto', 'aberto', 'pago', 'separado'])[1 + h(n, 39) % 4]
               WHEN criado_em > CURRENT_DATE - interval '9 days' THEN
                   (ARRAY['aberto', 'pago', 'separado', 'enviado', 'entregue'])[1 + h(n, 39) % 5]
               ELSE 'entregue'
           END AS situacao
    FROM (
        SELECT n,
               day - CASE WHEN extract(isodow FROM day) = 7 AND h(n, 40) % 10 < 7 THEN 1 ELSE 0 END
                   + time '07:30' + (h(n, 41) % 43200) * interval '1 second' AS criado_em
        FROM generate_series(1, 62000) AS n
        CROSS JOIN LATERAL (
            SELECT CURRENT_DATE - 1 - floor(730 * power(h(n, 42) / 2147483648.0, 1.25))::integer AS day
        ) AS chosen
    ) AS moment
) AS placed;

-- One to four lines an order, priced as they were sold.
CREATE TABLE itens (
    pedido_id      integer NOT NULL REFERENCES pedidos,
    linha          smallint NOT NULL,
    produto_id     integer NOT NULL REFERENCES produtos,
    quantidade     integer NOT NULL,
    preco_unitario numeric(10,2) NOT NULL,
    PRIMARY KEY (pedido_id, linha)
);
INSERT INTO itens
SELECT p.pedido_id,
       linha,
       produto.produto_id,
       1 + h(p.pedido_id * 8 + linha, 51) % 12,
       round(produto.preco * (90 + h(p.pedido_id * 8 + linha, 52) % 21) / 100, 2)
FROM pedidos AS p
CROSS JOIN LATERAL
    generate_series(1, (ARRAY[1,1,1,2,2,2,2,3,3,4])[1 + h(p.pedido_id, 50) % 10]) AS linha
JOIN produtos AS produto ON produto.produto_id = 1 + h(p.pedido_id * 8 + linha, 53) % 600
ORDER BY p.pedido_id, linha;

CREATE INDEX ON pedidos (cliente_id);
CREATE INDEX ON pedidos (situacao) WHERE situacao <> 'entregue';
CREATE INDEX ON itens (produto_id);

ALTER TABLE clientes OWNER TO demo_dono;
ALTER TABLE produtos OWNER TO demo_dono;
ALTER TABLE pedidos OWNER TO demo_dono;
ALTER TABLE itens OWNER TO demo_dono;
DROP FUNCTION h(bigint, bigint);
DROP FUNCTION pick(text[], bigint, bigint);
GRANT USAGE ON SCHEMA loja TO demo_leitor;
GRANT SELECT ON ALL TABLES IN SCHEMA loja TO demo_leitor;

-- Large objects are the one thing every role may make; this reader may not.
REVOKE EXECUTE ON FUNCTION lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) FROM PUBLIC;

ANALYZE;
