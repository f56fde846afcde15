import type { errorsEn } from "./errors.en";

export const errorsPtBr: typeof errorsEn = {
  address_taken: {
    title: "O endereço de rede está ocupado",
    help: "Outro programa já escuta nele. Escolha outra porta nas configurações.",
  },
  api_key_invalid: {
    title: "A chave não pode ser criada",
    help: "Dê um nome a ela e uma validade no futuro, ou nenhuma.",
  },
  api_key_not_found: {
    title: "Esta chave não existe mais",
    help: "Provavelmente alguém a revogou. Recarregue a lista.",
  },
  attempt_not_current: {
    title: "Outra tentativa já tinha assumido",
    help: "Nada desta tentativa foi publicado. A mais nova mostra o resultado.",
  },
  attempts_used_up: {
    title: "As tentativas se esgotaram",
    help: "Veja a causa nas tentativas e execute a rotina de novo.",
  },
  authentication_required: {
    title: "Você não está conectado",
    help: "Sua sessão terminou. Entre novamente; o que você digitou continua nesta aba.",
  },
  backfill_invalid: {
    title: "Não é possível recarregar este período",
    help: "Corrija o campo marcado. Uma recarga tem no máximo 1.000 execuções.",
  },
  backfill_not_active: {
    title: "Esta recarga já terminou",
    help: "Não há mais nada a cancelar.",
  },
  backfill_not_found: {
    title: "Esta recarga não existe",
    help: "Atualize a lista.",
  },
  backfill_unsuitable: {
    title: "As tabelas desta tarefa não podem ser preenchidas dia a dia",
    help: "A mensagem diz qual tabela e por quê; mude-a, ou peça uma execução para todos os dias.",
  },
  backfill_without_dates: {
    title: "O que é lido não depende das datas",
    help: "Use primeiro :inicio e :fim, ou outras datas, na consulta ou na condição.",
  },
  bad_request: {
    title: "O servidor não entendeu o pedido",
    help: "Recarregue a página. Se acontecer de novo, o log diz mais.",
  },
  body_too_large: {
    title: "Dados demais em um só pedido",
    help: "Encurte o texto e tente novamente.",
  },
  business_day_missing: {
    title: "O calendário não tem esse dia útil",
    help: "Veja o fim de semana e os dias do calendário: não há nenhum em mais de um ano, ou no mês.",
  },
  business_days_invalid: {
    title: "Estes dias úteis não podem ser usados",
    help: "Informe números a partir de 1 (o primeiro) ou de -1 (o último), e horários como 06:30.",
  },
  calendar_changed: {
    title: "Outra pessoa salvou este calendário enquanto isso",
    help: "Recarregue-o e repita a sua mudança.",
  },
  calendar_exists: {
    title: "Já existe um calendário com este nome",
    help: "Escolha outro nome.",
  },
  calendar_in_use: {
    title: "Ainda há rotinas que usam este calendário",
    help: "Escolha antes outro calendário nessas rotinas.",
  },
  calendar_invalid: {
    title: "O calendário não pode ser salvo assim",
    help: "Corrija o campo marcado.",
  },
  calendar_lines_invalid: {
    title: "Há linhas sem um dia",
    help: "Nada foi acrescentado. Escreva um dia por linha, como 25/12/2026;Natal.",
  },
  calendar_not_found: {
    title: "Este calendário não existe mais",
    help: "Provavelmente outra pessoa o excluiu. Recarregue a lista.",
  },
  calendar_required: {
    title: "Falta um calendário",
    help: "Dias úteis se contam por um calendário. Escolha um.",
  },
  cancelled: {
    title: "Cancelada a pedido",
    help: "A consulta foi interrompida no banco. O arquivo anterior continua como estava.",
  },
  channel_address_refused: {
    title: "Este endereço não é permitido",
    help: "Nenhuma mensagem pode ir para ele. Informe outro.",
  },
  channel_busy: {
    title: "O servidor pede para tentar mais tarde",
    help: "O envio é repetido sozinho, com pausas crescentes.",
  },
  channel_exists: {
    title: "Já existe um canal com este nome",
    help: "Escolha outro nome.",
  },
  channel_in_use: {
    title: "Há regras que enviam por este canal",
    help: "Apague essas regras ou troque o canal delas.",
  },
  channel_invalid: {
    title: "O canal não pode ficar assim",
    help: "Corrija os campos marcados.",
  },
  channel_login_failed: {
    title: "O servidor recusou o acesso",
    help: "Confira usuário, senha, token ou endereço do canal. Muitos serviços de e-mail exigem uma senha de aplicativo.",
  },
  channel_not_found: {
    title: "Este canal não existe mais",
    help: "Talvez alguém o tenha apagado. Recarregue a lista.",
  },
  channel_refused: {
    title: "O servidor recusou a mensagem",
    help: "A mensagem traz a resposta dele. Confira as opções do canal.",
  },
  channel_secret_required: {
    title: "Informe o segredo",
    help: "O canal não funciona sem ele, e ele não acompanha a troca de servidor.",
  },
  channel_unreachable: {
    title: "O servidor do canal não responde",
    help: "Confira endereço, porta e rede. O envio é repetido sozinho.",
  },
  character_not_encodable: {
    title: "A codificação do arquivo não tem um dos caracteres",
    help: "A mensagem diz qual caractere, em que linha e coluna. Escolha UTF-8 com BOM, ou deixe o dialeto substituir esses caracteres.",
  },
  comparison_too_long: {
    title: "A comparação demorou demais",
    help: "Nada foi alterado. Tente de novo quando o servidor estiver menos ocupado.",
  },
  column_unknown: {
    title: "O conjunto não tem esta coluna",
    help: "Remova o filtro ou a ordenação, ou escolha uma coluna que exista.",
  },
  connection_exists: {
    title: "Já existe uma conexão com este nome",
    help: "Escolha outro nome.",
  },
  connection_not_usable: {
    title: "Esta conexão não é para você",
    help: "Peça ao root, ou a quem pode usá-la, que inclua seu papel ou nome nela.",
  },
  connection_in_use: {
    title: "Ainda há rotinas que usam esta conexão",
    help: "Dê outra conexão a essas rotinas primeiro.",
  },
  connection_invalid: {
    title: "A conexão não está completa",
    help: "Corrija os campos marcados.",
  },
  connection_not_found: {
    title: "Esta conexão não existe mais",
    help: "Escolha outra conexão.",
  },
  connection_required: {
    title: "Qual conexão?",
    help: "Escolha a conexão de onde a rotina lê.",
  },
  cron_invalid: {
    title: "O texto cron não pode ser usado",
    help: "Cinco campos: minuto, hora, dia, mês, dia da semana. Exemplo: 30 6 * * MON-FRI.",
  },
  cross_site: {
    title: "O pedido veio de outro site",
    help: "Abra a interface pelo endereço do próprio servidor e tente novamente.",
  },
  csv_folder_failed: {
    title: "Não dá para usar a pasta dos arquivos",
    help: "Veja as permissões dela e o espaço no disco. Será tentado de novo.",
  },
  cursor_expired: {
    title: "Estas páginas não existem mais",
    help: "Uma versão mais nova tomou o lugar. Comece de novo pela primeira página.",
  },
  cursor_invalid: {
    title: "Esta página não existe",
    help: "Siga os links das páginas ou comece de novo pela primeira.",
  },
  data_query_timeout: {
    title: "Filtrar ou ordenar demorou demais",
    help: "Restrinja os filtros, ou ordene por menos colunas.",
  },
  date_needs_calendar: {
    title: "A consulta conta dias úteis, e a rotina não tem calendário",
    help: "Escolha o calendário da rotina no agendamento.",
  },
  job_version_not_found: {
    title: "Esta versão da rotina não existe",
    help: "Recarregue a lista de versões.",
  },
  notification_failed: {
    title: "A notificação não foi enviada",
    help: "Veja a mensagem e envie de novo quando a causa estiver resolvida.",
  },
  notification_not_found: {
    title: "Esta notificação não existe mais",
    help: "As antigas são apagadas. Recarregue a lista.",
  },
  notification_rule_invalid: {
    title: "A regra não pode ser salva",
    help: "Corrija os campos marcados.",
  },
  notification_rule_not_found: {
    title: "Esta regra não existe mais",
    help: "Talvez alguém a tenha apagado. Recarregue a lista.",
  },
  notification_under_way: {
    title: "A notificação não pode ser enviada agora",
    help: "Ela está sendo enviada neste momento, ou o canal dela foi apagado.",
  },
  own_proposal: {
    title: "Esta proposta é sua",
    help: "Outra pessoa precisa aprová-la.",
  },
  proposal_decided: {
    title: "Alguém já decidiu",
    help: "Recarregue a lista para ver a decisão.",
  },
  proposal_empty: {
    title: "A proposta não muda nada",
    help: "Altere pelo menos um campo.",
  },
  proposal_not_found: {
    title: "Esta proposta não existe mais",
    help: "Recarregue a lista de propostas.",
  },
  proposal_outdated: {
    title: "A rotina mudou desde então",
    help: "Recuse a proposta e peça que seja refeita sobre a versão atual.",
  },
  recipients_refused: {
    title: "O servidor não aceitou todos os destinatários",
    help: "A mensagem diz quais. Corrija os endereços na regra ou no canal.",
  },
  sql_invalid: {
    title: "O SQL não pode ser executado",
    help: "Corrija o texto no lugar indicado.",
  },
  sql_not_a_select: {
    title: "Aqui só é permitido um SELECT",
    help: "Envie exatamente um SELECT; o SQL sobre conjuntos de dados não altera nada.",
  },
  sql_refused: {
    title: "Uma função não pode ser usada aqui",
    help: "Retire funções que leem arquivos, configurações ou esperam.",
  },
  sql_table_unknown: {
    title: "Conjunto de dados inexistente",
    help: "Escreva o nome como aparece na lista, entre aspas duplas.",
  },
  sql_result_too_large: {
    title: "O resultado é grande demais",
    help: "Escolha menos colunas ou linhas, ou agrupe-as.",
  },
  sql_process_lost: {
    title: "O SQL precisou de mais do que pode usar",
    help: "Leia menos dos conjuntos ou escreva em passos mais simples.",
  },
  odata_query_invalid: {
    title: "A consulta OData não pode ser lida",
    help: "Corrija a opção indicada.",
  },
  odata_not_supported: {
    title: "Esta parte do OData não é suportada",
    help: "Retire a opção ou use a API de dados.",
  },
  odata_not_found: {
    title: "Nada neste endereço OData",
    help: "Veja no documento de serviço o que existe.",
  },
  odata_page_gone: {
    title: "O conjunto foi publicado de novo nesse meio-tempo",
    help: "Carregue outra vez desde o início.",
  },
  odata_version_unsupported: {
    title: "O cliente é antigo demais",
    help: "Use um cliente de OData 4.",
  },
  opening_file_unknown: {
    title: "Não há arquivo deste tipo",
    help: "Escreva .odc, .pbids ou .pq depois do nome.",
  },
  data_query_too_large: {
    title: "Filtrar ou ordenar exige memória demais",
    help: "Restrinja os filtros, ou ordene por menos colunas.",
  },
  dataset_being_prepared: {
    title: "O conjunto está sendo preparado para filtros",
    help: "Isto acontece uma vez por versão grande. Tente de novo em alguns segundos.",
  },
  dataset_file_missing: {
    title: "O arquivo deste conjunto de dados sumiu do servidor",
    help: "Execute a rotina dele de novo.",
  },
  dataset_name_invalid: {
    title: "Nenhum conjunto de dados pode ter este nome",
    help: "Abra o conjunto pela lista.",
  },
  dataset_not_found: {
    title: "Este conjunto de dados não existe",
    help: "A rotina dele ainda não publicou nada, ou ele foi removido.",
  },
  dataset_unreadable: {
    title: "O arquivo deste conjunto não pode ser lido",
    help: "Execute a rotina de novo; um arquivo de fora precisa ser UTF-8 com ; entre colunas.",
  },
  date_column_invalid: {
    title: "Há linhas sem data",
    help: "Confira a coluna de data da rotina e deixe linhas sem data fora da consulta.",
  },
  date_expression_unknown: {
    title: "A consulta cita uma data que não existe",
    help: "Use um dos nomes da lista, como :hoje ou :inicio_mes.",
  },
  delivery_abandoned: {
    title: "A entrega foi passada adiante",
    help: "Uma versão mais nova ou outro executor assumiu.",
  },
  delivery_failed: {
    title: "A entrega falhou",
    help: "Os detalhes dizem por quê.",
  },
  delivery_not_failed: {
    title: "Não há o que tentar de novo",
    help: "A entrega está em andamento ou concluída.",
  },
  delivery_not_found: {
    title: "Esta entrega não existe",
    help: "Recarregue a lista.",
  },
  delivery_not_verified: {
    title: "O que chegou não é o que foi enviado",
    help: "Não foi publicado no destino e será enviado de novo.",
  },
  delivery_outdated: {
    title: "Esta versão não é mais a atual",
    help: "A versão atual tem sua própria entrega.",
  },
  delivery_source_unfit: {
    title: "O arquivo da versão não pode ser enviado",
    help: "Ele sumiu ou está danificado. Execute a rotina de novo.",
  },
  dependency_cycle: {
    title: "As rotinas esperariam umas pelas outras",
    help: "A mensagem mostra o caminho. Retire uma delas.",
  },
  dependency_invalid: {
    title: "Uma rotina anterior não pode ser usada",
    help: "Escolha uma rotina existente, cada uma só uma vez.",
  },
  dialect_column_unknown: {
    title: "A consulta não devolve uma das colunas escolhidas",
    help: "Corrija o nome da coluna no dialeto, ou na consulta.",
  },
  dialect_invalid: {
    title: "A forma do arquivo de texto não pode ser usada",
    help: "Corrija os campos marcados.",
  },
  diff_key_not_unique: {
    title: "Esta chave não distingue as linhas",
    help: "Há linhas com a mesma chave. Acrescente uma coluna.",
  },
  diff_key_required: {
    title: "Diga quais colunas identificam uma linha",
    help: "Escolha uma das chaves oferecidas ou digite nomes de colunas.",
  },
  diff_key_unknown: {
    title: "Uma coluna da chave não está nas duas versões",
    help: "Escolha colunas que as duas versões têm.",
  },
  disk_full: {
    title: "O disco está cheio",
    help: "Libere espaço no servidor e execute de novo. O arquivo anterior está intacto.",
  },
  embedded_postgres_failed: {
    title: "O banco embutido não inicia",
    help: "O log do servidor diz por quê.",
  },
  export_path_outside_roots: {
    title: "Não é permitido exportar para esta pasta",
    help: "Escolha uma pasta dentro da pasta de exportação, ou peça a inclusão em data_api.export_roots.",
  },
  export_target_not_a_file: {
    title: "O destino não é um arquivo",
    help: "Uma pasta tem o nome da exportação. Escolha outro nome de arquivo.",
  },
  failpoint: {
    title: "Uma falha foi provocada de propósito",
    help: "Isto só acontece em testes.",
  },
  file_form_invalid: {
    title: "Formato e compressão não combinam",
    help: "Escolha outro formato, ou nenhuma compressão.",
  },
  file_not_written: {
    title: "O arquivo não pôde ser gravado",
    help: "Confira a pasta e as permissões no servidor e execute a rotina de novo.",
  },
  filter_operator_unfit: {
    title: "Este filtro não serve para a coluna",
    help: "Escolha outro filtro para este tipo de coluna.",
  },
  filter_operator_unknown: {
    title: "Este filtro não existe",
    help: "Escolha um dos filtros oferecidos.",
  },
  filter_value_invalid: {
    title: "O valor não serve para a coluna",
    help: "Escreva números com ponto decimal e datas como 31/01/2024.",
  },
  flag_invalid: { title: "Uma chave tem valor errado", help: "Precisa ser Y ou N." },
  folder_not_writable: {
    title: "A pasta não permite gravação",
    help: "Dê à conta do servidor o direito de gravar nela.",
  },
  forbidden: {
    title: "Seu perfil não permite isto",
    help: "Peça a um moderador ou administrador.",
  },
  format_unknown: {
    title: "Não existe um conjunto de dados nesta forma",
    help: "Escolha um dos downloads oferecidos.",
  },
  gate_open: {
    title: "O período não fechou a tempo",
    help: "Havia instâncias abertas no prazo final; a mensagem diz quais. Execute de novo quando fecharem.",
  },
  gate_unreadable: {
    title: "Não foi possível ler a resposta do parâmetro",
    help: "Ela precisa das colunas INSTANCIA e VALOR, com uma data em VALOR.",
  },
  guard_failed: {
    title: "Uma verificação reteve a nova versão",
    help: "Os leitores continuam com a versão anterior. Veja o motivo e libere ou descarte a nova.",
  },
  headers_too_large: {
    title: "O pedido é grande demais",
    help: "Encurte a busca, ou apague os cookies deste endereço e entre de novo.",
  },
  host_not_allowed: {
    title: "O servidor não atende por este nome",
    help: "Abra pelo endereço dele, ou peça a quem o opera que inclua o nome em security.hosts.",
  },
  internal_error: {
    title: "Algo falhou no servidor",
    help: "Nada foi alterado. O log tem os detalhes sob o número mostrado.",
  },
  interval_invalid: {
    title: "O intervalo não pode ser usado",
    help: "Escolha de 1 a 10080 minutos.",
  },
  invalid_json: {
    title: "O servidor não conseguiu ler o pedido",
    help: "Recarregue a página e tente novamente.",
  },
  job_deleted: {
    title: "A rotina foi excluída",
    help: "A execução foi cancelada porque a rotina não existe mais.",
  },
  job_has_followers: {
    title: "Outras rotinas são executadas depois desta",
    help: "Elas não seriam mais iniciadas. Retire esta rotina delas ou exclua assim mesmo.",
  },
  job_incomplete: {
    title: "A rotina não está completa",
    help: "Ela precisa de uma consulta e de uma conexão.",
  },
  job_invalid: { title: "A rotina não pode ser salva", help: "Corrija os campos marcados." },
  job_not_executable: {
    title: "A rotina não pode ser executada assim",
    help: "Abra a rotina e corrija o que a mensagem aponta.",
  },
  job_not_found: {
    title: "Esta rotina não existe mais",
    help: "Alguém a excluiu. As execuções e o conjunto de dados continuam.",
  },
  job_without_slots: {
    title: "Uma rotina ativa precisa dizer quando executa",
    help: "Escolha ao menos um dia, uma hora e um minuto, ou salve como inativa.",
  },
  key_action_refused: {
    title: "Esta chave não serve para isso",
    help: "Crie uma chave cujas ações incluam isso, ou use outra.",
  },
  key_column_unknown: {
    title: "Falta uma coluna da chave no resultado",
    help: "Escolha colunas de chave que a consulta devolve.",
  },
  key_network_refused: {
    title: "Esta chave não pode ser usada daqui",
    help: "Ela é para outras redes. Crie uma para esta rede.",
  },
  key_not_unique: {
    title: "Várias linhas têm a mesma chave",
    help: "Acrescente uma coluna à chave, ou devolva uma linha para cada uma.",
  },
  kind_invalid: {
    title: "O tipo de arquivo não combina com o resto",
    help: "Corrija o campo marcado.",
  },
  last_root: {
    title: "Este é o único administrador",
    help: "Torne outra pessoa administradora primeiro.",
  },
  login_refused: {
    title: "O usuário ou a senha está errado",
    help: "Confira os dois; maiúsculas e minúsculas contam.",
  },
  lookup_failed: {
    title: "Uma consulta ao serviço não teve resposta",
    help: "A tabela ficou como estava. Veja o serviço ou escolha o que fazer quando ele falha.",
  },
  metadata_unavailable: {
    title: "O servidor espera pelo banco de dados dele",
    help: "Em geral volta sozinho em alguns segundos.",
  },
  method_not_allowed: {
    title: "O servidor não oferece isto",
    help: "Interface e servidor são de versões diferentes. Recarregue a página.",
  },
  missing_fields: { title: "Falta alguma coisa", help: "Preencha os campos marcados." },
  movement_column_unknown: {
    title: "Uma coluna não serve",
    help: "Corrija as colunas da tabela na tarefa: uma não existe ou não aceita valores.",
  },
  movement_invalid: {
    title: "As tabelas da tarefa não estão certas",
    help: "Os lugares estão indicados; corrija-os e salve de novo.",
  },
  name_invalid: {
    title: "Este nome não pode ser usado",
    help: "Use só letras, números, espaços, - _ e ., e nenhum nome reservado do Windows.",
  },
  network: {
    title: "O servidor não responde",
    help: "Veja se ele está no ar e se este computador o alcança. Continuamos tentando.",
  },
  no_progress: {
    title: "A consulta ficou parada por tempo demais",
    help: "Foi interrompida no banco e será repetida. Procure bloqueios na origem ou aumente o limite do job.",
  },
  not_found: { title: "Não há nada aqui", help: "O endereço pode ser antigo." },
  option_root_only: {
    title: "Só um administrador pode definir esta opção",
    help: "Ela aponta uma biblioteca que o servidor carrega.",
  },
  outgoing_address_refused: {
    title: "O servidor não chama este endereço",
    help: "Use um endereço https:// público, ou peça que o host seja incluído em security.outgoing_hosts.",
  },
  outgoing_failed: {
    title: "O outro servidor web não respondeu",
    help: "Confira o endereço e se o servidor está acessível e tente de novo.",
  },
  own_account: {
    title: "Ninguém pode excluir a própria conta",
    help: "Peça a outro administrador.",
  },
  page_invalid: { title: "Esta página não existe", help: "Volte para a primeira página." },
  parameter_exists: {
    title: "Já existe um parâmetro com este nome",
    help: "Escolha outro nome.",
  },
  parameter_in_use: {
    title: "Ainda há rotinas que usam este parâmetro",
    help: "Retire-o dessas rotinas primeiro.",
  },
  parameter_invalid: { title: "O parâmetro não pode ser salvo", help: "Ele precisa de um nome." },
  parameter_sets_invalid: {
    title: "Os conjuntos de parâmetros não podem ser salvos",
    help: "Os campos dizem linha e coluna. Cada parâmetro precisa de nome e tipo, cada conjunto de rótulo e de um valor para cada parâmetro.",
  },
  parameter_not_found: {
    title: "Este parâmetro não existe mais",
    help: "Escolha outro parâmetro.",
  },
  part_unknown: {
    title: "O conjunto tem vários arquivos",
    help: "Escolha um deles; a mensagem os lista.",
  },
  password_change_required: {
    title: "Escolha primeiro a sua própria senha",
    help: "Até você trocar a senha que recebeu, nada mais responde.",
  },
  password_common: {
    title: "Esta senha é das primeiras que alguém tenta",
    help: "Escolha outra: algumas palavras que só para você combinam são uma boa senha.",
  },
  password_refused: {
    title: "Esta senha não pode ser usada",
    help: "Uma senha tem de 8 a 200 caracteres.",
  },
  password_required: {
    title: "Digite a senha novamente",
    help: "O servidor mudou, por isso a senha guardada não é enviada a ele sozinha.",
  },
  query_empty: { title: "Não há consulta", help: "Escreva um SELECT." },
  query_invalid: {
    title: "O banco de dados não entende a consulta",
    help: "Corrija onde a mensagem aponta; pode ser um nome escrito errado.",
  },
  query_multiple_statements: {
    title: "Há mais de um comando",
    help: "Uma rotina executa exatamente um. Apague o que vem depois do primeiro ponto e vírgula.",
  },
  plan_not_permitted: {
    title: "A conta não pode pedir planos",
    help: "A consulta em si pode executar. O plano exige mais direitos; peça ao administrador do banco.",
  },
  query_not_divisible: {
    title: "Esta consulta não pode ser lida por duas conexões",
    help: "Escolha uma coluna numérica ou de data que venha de uma tabela como está, tire LIMIT e funções de janela da consulta, ou leia por uma conexão só.",
  },
  query_not_select: {
    title: "Só é permitido ler",
    help: "A consulta precisa começar com SELECT ou WITH e não alterar nada.",
  },
  query_refused: {
    title: "Esta consulta é recusada",
    help: "Ela pode fazer mais do que ler, ou o resultado não pode ser exportado com fidelidade.",
  },
  query_unbalanced: {
    title: "Algo não foi fechado",
    help: "Procure uma aspa, um parêntese ou um fim de comentário que falta.",
  },
  range_invalid: {
    title: "O período não pode ser usado",
    help: "Escolha dias como 2026-03-01, o primeiro antes do último.",
  },
  range_not_satisfiable: {
    title: "O arquivo não tem esta parte",
    help: "Provavelmente foi substituído. Comece o download de novo.",
  },
  range_too_long: {
    title: "O período é longo demais",
    help: "Escolha no máximo 31 dias.",
  },
  rate_limited: {
    title: "Pedidos demais em um minuto",
    help: "Espere alguns segundos ou leia mais linhas por pedido.",
  },
  revision_conflict: {
    title: "Outra pessoa salvou esta rotina enquanto isso",
    help: "Compare as duas versões e decida qual fica.",
  },
  rows_after_window: {
    title: "A consulta leu além dos dias da recarga",
    help: "Essas linhas já estão no arquivo. Leia somente até :fim.",
  },
  rows_before_window: {
    title: "A consulta leu mais que a janela",
    help: "Use :inicio e :fim no WHERE, para ler apenas dias novos.",
  },
  run_already_active: {
    title: "A rotina já tem uma execução na fila ou em andamento",
    help: "Espere terminar, ou cancele.",
  },
  run_not_active: {
    title: "A execução já terminou",
    help: "Não há mais o que cancelar.",
  },
  run_not_found: {
    title: "Esta execução não existe",
    help: "Execuções antigas são removidas depois de um tempo.",
  },
  schedule_invalid: {
    title: "O agendamento não pode ser usado",
    help: "Escolha dias, horas e minutos, ou nenhum deles.",
  },
  schedule_kind_conflict: {
    title: "Mais de um tipo de agendamento",
    help: "Fique com dias e horários, ou um texto cron, ou um intervalo.",
  },
  schema_too_new: {
    title: "O banco pertence a uma versão mais nova",
    help: "Inicie a versão mais nova do programa.",
  },
  secret_key_elsewhere: {
    title: "A chave secreta é definida em outro lugar",
    help: "Defina as duas variáveis que a mensagem indica e rode o comando de novo.",
  },
  secret_unreadable: {
    title: "A senha guardada não pode ser aberta",
    help: "A chave secreta do servidor mudou. Digite a senha novamente.",
  },
  server_busy: {
    title: "O servidor está ocupado demais",
    help: "Tente de novo em alguns segundos.",
  },
  session_not_found: {
    title: "Esta sessão já terminou",
    help: "Recarregue a lista.",
  },
  set_unknown: {
    title: "Esse conjunto não existe",
    help: "A rotina não tem conjunto de parâmetros com esse rótulo; veja a lista de conjuntos.",
  },
  sets_failed: {
    title: "Alguns conjuntos falharam",
    help: "Os arquivos deles ficaram como estavam, os outros foram publicados. A lista de conjuntos diz por quê; execute de novo os que falharam.",
  },
  sets_share_file: {
    title: "Dois conjuntos escreveriam o mesmo arquivo",
    help: "A mensagem diz quais. Ponha no nome o que os distingue, como {label}.",
  },
  sets_unreadable: {
    title: "A resposta da consulta dos conjuntos não serve",
    help: "Ela precisa de uma coluna para cada parâmetro, pelo menos uma linha e rótulos diferentes. Nada foi executado.",
  },
  settings_invalid: {
    title: "O arquivo de configurações tem erros",
    help: "Corrija o que a mensagem aponta em datafile.json.",
  },
  sheet_too_small: {
    title: "Os dados não cabem em uma planilha",
    help: "A mensagem diz onde. Escolha outro formato, ou selecione menos.",
  },
  source_cancelled: {
    title: "A consulta foi interrompida",
    help: "Alguém ou algo a interrompeu no banco de dados.",
  },
  source_driver_missing: {
    title: "Falta no servidor um driver para este banco",
    help: "Para Oracle antigo, aponte INSTANT_CLIENT para a pasta do Instant Client.",
  },
  source_failed: {
    title: "O banco de dados informou um erro",
    help: "A mensagem do banco aparece abaixo.",
  },
  source_login_failed: {
    title: "O banco de dados recusou o login",
    help: "Corrija usuário e senha da conexão. Não tentamos de novo: contas são bloqueadas assim.",
  },
  source_table_unknown: {
    title: "A origem não tem essa tabela",
    help: "Corrija o nome ou peça o direito de lê-la.",
  },
  source_timeout: {
    title: "A consulta demorou demais",
    help: "Foi interrompida no limite. Deixe-a mais rápida ou aumente o limite da rotina.",
  },
  source_unreachable: {
    title: "O banco de dados não pode ser alcançado",
    help: "Confira endereço, porta, rede e firewall, e se o banco está no ar.",
  },
  sync_key_not_unique: {
    title: "A chave não distingue as linhas",
    help: "Nada foi alterado. Escolha colunas-chave preenchidas e diferentes em cada linha.",
  },
  lookup_input_missing: {
    title: "Não há valor para testar",
    help: "A primeira linha não tem valor para uma coluna do pedido. Informe um.",
  },
  part_stopped: {
    title: "Uma parte da tabela foi interrompida",
    help: "Outra parte da mesma tabela falhou; a mensagem dela diz por quê.",
  },
  tables_differ: {
    title: "Origem e destino ficariam diferentes",
    help: "Nada foi alterado. Procure gatilhos ou regras no destino e execute de novo.",
  },
  tables_failed: {
    title: "Algumas tabelas falharam",
    help: "Elas ficaram como estavam, as outras estão prontas. A lista de tabelas diz por quê.",
  },
  target_busy: {
    title: "Uma execução anterior ainda ocupa o destino",
    help: "As sessões dela não terminam lá. A execução será repetida.",
  },
  target_exists: {
    title: "Já existe um destino com este nome",
    help: "Escolha outro nome.",
  },
  target_full: {
    title: "O destino está cheio",
    help: "Libere espaço. Há novas tentativas automáticas.",
  },
  target_host_key_changed: {
    title: "O servidor responde com outra chave",
    help: "Nenhum segredo foi enviado. Se ele foi reinstalado, confirme a nova chave.",
  },
  target_host_key_unknown: {
    title: "Ninguém confirmou a chave deste servidor",
    help: "Teste o destino, compare a impressão digital e confirme.",
  },
  target_in_use: {
    title: "Há rotinas que entregam neste destino",
    help: "Retire o destino dessas rotinas primeiro.",
  },
  target_invalid: {
    title: "O destino não pode ser salvo",
    help: "Corrija os campos marcados.",
  },
  target_kind_unsupported: {
    title: "Não dá para mover tabelas para este banco",
    help: "Escolha uma conexão PostgreSQL como destino.",
  },
  target_login_failed: {
    title: "O destino não aceita o acesso",
    help: "Confira usuário e segredo do destino e tente a entrega de novo.",
  },
  target_not_found: {
    title: "Este destino não existe mais",
    help: "Recarregue a lista.",
  },
  target_not_writable: {
    title: "As rotinas não podem gravar nesta conexão",
    help: "Um moderador permite isso na própria conexão: “Rotinas podem gravar”.",
  },
  target_path_taken: {
    title: "Outra rotina já grava este arquivo",
    help: "Escolha outro caminho neste destino.",
  },
  target_refused: {
    title: "O destino recusa o arquivo",
    help: "A pasta ou o bucket não existe, ou a conta não pode gravar.",
  },
  target_secret_required: {
    title: "Digite o segredo novamente",
    help: "O servidor mudou, e o segredo guardado não vale para outro.",
  },
  target_table_missing: {
    title: "O destino não tem essa tabela",
    help: "Crie-a lá ou deixe a transferência criar as tabelas que faltam.",
  },
  target_taken: {
    title: "Outra rotina já exporta para este arquivo",
    help: "Escolha outra pasta ou outro nome de arquivo.",
  },
  target_unreachable: {
    title: "O destino não responde",
    help: "Verifique endereço, rede e a pasta montada. Há novas tentativas automáticas.",
  },
  text_invalid: {
    title: "Um texto tem caracteres que não podem ser guardados",
    help: "Retire caracteres invisíveis, por exemplo colando como texto simples.",
  },
  time_zone_unknown: {
    title: "Este fuso horário não existe",
    help: "Escolha um da lista, por exemplo America/Sao_Paulo.",
  },
  too_many_attempts: {
    title: "Tentativas de login demais",
    help: "Espere um pouco antes de tentar novamente.",
  },
  too_many_filters: {
    title: "Há filtros demais",
    help: "Remova alguns deles.",
  },
  too_many_sets: {
    title: "Há conjuntos demais",
    help: "Uma execução faz no máximo 1.000 arquivos. Crie várias rotinas, cada uma com uma parte dos conjuntos.",
  },
  too_many_parts: {
    title: "O resultado viraria arquivos demais",
    help: "Use mais linhas por arquivo, ou leia menos meses.",
  },
  too_many_at_once: {
    title: "Você já tem muitos destes em andamento",
    help: "Espere um terminar e tente de novo.",
  },
  too_many_streams: {
    title: "Todas as conexões ao vivo do servidor estão ocupadas",
    help: "A página lê de novo a cada poucos segundos.",
  },
  unexpected_answer: {
    title: "O servidor deu uma resposta que esta página não entende",
    help: "Um proxy pode ter respondido no lugar dele, ou a página é antiga. Recarregue.",
  },
  unknown_connection_kind: {
    title: "Não há driver para este tipo de banco",
    help: "Escolha PostgreSQL ou Oracle.",
  },
  unsupported_media_type: {
    title: "O servidor espera outra forma de dados",
    help: "Recarregue a página e tente novamente.",
  },
  user_exists: { title: "Já existe um usuário com este nome", help: "Escolha outro nome." },
  user_invalid: { title: "O usuário não pode ser salvo", help: "Corrija os campos marcados." },
  user_not_found: { title: "Este usuário não existe mais", help: "Recarregue a lista." },
  validation_failed: { title: "Alguns campos têm erros", help: "Corrija os campos marcados." },
  validity_invalid: {
    title: "O primeiro ou o último dia não pode ser usado",
    help: "O último dia não pode vir antes do primeiro.",
  },
  value_not_representable: {
    title: "Uma coluna do arquivo não comporta um dos valores",
    help: "Arredonde ou converta o valor na consulta, transforme-o em texto, ou escolha outro formato.",
  },
  version_before_replaced: {
    title: "Outra versão foi publicada nesse meio-tempo",
    help: "Execute a rotina de novo.",
  },
  version_before_unfit: {
    title: "As linhas anteriores não combinam com as novas",
    help: "Desfaça a mudança de colunas ou dialeto, ou carregue tudo de novo.",
  },
  version_held: {
    title: "Uma verificação retém esta versão",
    help: "Libere-a em vez de restaurá-la.",
  },
  version_not_found: {
    title: "Esta versão não existe",
    help: "Recarregue a lista.",
  },
  version_not_held: {
    title: "Esta versão não está retida",
    help: "Talvez alguém já tenha decidido. Recarregue a lista.",
  },
  version_not_newer: {
    title: "Já há dados mais novos publicados",
    help: "Uma versão retida nunca substitui dados mais novos. Descarte-a.",
  },
  version_removed: {
    title: "O arquivo desta versão foi apagado",
    help: "Só restam os dados sobre ela. Escolha outra versão.",
  },
  versions_unrelated: {
    title: "Estas versões são de conjuntos de dados diferentes",
    help: "Escolha duas versões do mesmo conjunto.",
  },
  window_empty: {
    title: "Não havia nada a ler",
    help: "Todos os dias até o fim da janela já foram carregados. Para ler de novo, recue a última data carregada.",
  },
  worker_lost: {
    title: "O executor parou de responder",
    help: "Foi encerrado, congelou ou perdeu a rede. Nada pela metade foi publicado; a execução se repete.",
  },
  worker_stopped: {
    title: "O executor foi parado durante a execução",
    help: "A execução se repete quando um executor voltar.",
  },
  wrong_password: { title: "A senha atual está errada", help: "Nada foi alterado." },
};
