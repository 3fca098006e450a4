#include "doubles/sqlserver/sql/parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr int kDeepest = 200;

// Statements that T-SQL has and the double has not, by their first words.
constexpr std::array<std::string_view, 14> kForeign{
    "MERGE", "WHILE",      "GOTO",        "RAISERROR", "THROW", "OPEN",   "FETCH",
    "CLOSE", "DEALLOCATE", "RECONFIGURE", "SHUTDOWN",  "SAVE",  "REVERT", "BULK"};

}  // namespace

std::string ObjectName::ToString() const {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ".") + part;
  return text;
}

SqlResult<std::vector<Statement>> ParseBatch(std::string_view sql) {
  DBSTOW_ASSIGN(std::vector<Token> tokens, Tokenize(sql));
  return Parser(std::move(tokens)).Batch();
}

SqlResult<std::vector<Declaration>> ParseParameterList(std::string_view sql) {
  DBSTOW_ASSIGN(std::vector<Token> tokens, Tokenize(sql));
  return Parser(std::move(tokens)).ParameterList();
}

const Token& Parser::Now(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& Parser::Take() {
  const Token& token = Now();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::IsWord(std::string_view word, std::size_t ahead) const {
  return Now(ahead).kind == TokenKind::kWord && SameName(Now(ahead).text, word);
}

bool Parser::IsSymbol(std::string_view symbol, std::size_t ahead) const {
  return Now(ahead).kind == TokenKind::kSymbol && Now(ahead).text == symbol;
}

bool Parser::SkipWord(std::string_view word) { return SkipWords({word}); }

bool Parser::SkipWords(Words words) {
  std::size_t ahead = 0;
  for (const std::string_view word : words) {
    if (!IsWord(word, ahead++)) return false;
  }
  for (std::size_t i = 0; i < words.size(); ++i) Take();
  return true;
}

bool Parser::SkipSymbol(std::string_view symbol) {
  const bool found = IsSymbol(symbol);
  if (found) Take();
  return found;
}

SqlResult<void> Parser::ExpectWord(std::string_view word) {
  if (!SkipWord(word)) return Unexpected();
  return {};
}

SqlResult<void> Parser::ExpectSymbol(std::string_view symbol) {
  if (!SkipSymbol(symbol)) return Unexpected();
  return {};
}

SqlError Parser::Unexpected() const { return UnexpectedAt(Now()); }

// At the end of the batch the server names the last thing it read.
SqlError Parser::UnexpectedAt(const Token& token) const {
  if (token.kind == TokenKind::kEnd && at_ > 0) {
    const Token& last = tokens_[at_ - 1];
    return {102, 15, "Incorrect syntax near '" + last.text + "'.", 1, last.line};
  }
  if (token.kind == TokenKind::kWord && IsReserved(token.text)) {
    return {156, 15, "Incorrect syntax near the keyword '" + token.text + "'.", 1, token.line};
  }
  return {102, 15, "Incorrect syntax near '" + token.text + "'.", 1, token.line};
}

SqlResult<std::string> Parser::Identifier() {
  const Token& token = Now();
  const bool plain = token.kind == TokenKind::kWord && !IsReserved(token.text);
  if (!plain && token.kind != TokenKind::kQuotedName) return Unexpected();
  return Take().text;
}

SqlResult<std::string> Parser::AnyWord() {
  if (Now().kind != TokenKind::kWord) return Unexpected();
  return ToUpper(Take().text);
}

SqlResult<std::string> Parser::StringLiteral() {
  if (Now().kind != TokenKind::kString && Now().kind != TokenKind::kWideString) {
    return Unexpected();
  }
  return Take().text;
}

SqlResult<std::int64_t> Parser::IntegerLiteral() {
  const std::string& text = Now().text;
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (Now().kind != TokenKind::kInteger || problem != std::errc() ||
      end != text.data() + text.size()) {
    return Unexpected();
  }
  Take();
  return number;
}

SqlResult<ObjectName> Parser::QualifiedName() {
  ObjectName name;
  DBSTOW_ASSIGN(std::string first, Identifier());
  name.parts.push_back(std::move(first));
  while (SkipSymbol(".")) {
    if (IsSymbol(".")) {  // database..object
      name.parts.push_back("dbo");
      continue;
    }
    DBSTOW_ASSIGN(std::string next, Identifier());
    name.parts.push_back(std::move(next));
  }
  if (name.parts.size() > 4) {
    return SqlError{117, 15, "The object name has more than the maximum number of prefixes.", 1,
                    Now().line};
  }
  return name;
}

SqlResult<SqlType> Parser::DataType(int length) {
  DBSTOW_ASSIGN(std::string text, Identifier());
  if (SameName(text, "sys") && SkipSymbol(".")) {
    DBSTOW_ASSIGN(text, Identifier());
  }
  if (SkipSymbol("(")) {
    text += "(";
    while (!IsSymbol(")")) {
      if (Now().kind != TokenKind::kInteger && !IsWord("max") && !IsSymbol(",")) {
        return Unexpected();
      }
      text += Take().text;
    }
    Take();
    text += ")";
  }
  SqlResult<SqlType> type = ParseType(text);
  if (!type) {
    SqlError error = std::move(type).error();
    error.line = Now().line;
    return error;
  }
  const bool sized = text.ends_with(')');
  if (!sized && (IsText(*type) || type->id == TypeId::kVarBinary) && !SameName(text, "sysname")) {
    type->length = length;
  }
  return type;
}

SqlError Parser::NotSupported(std::string_view what) const {
  return {40510, 16,
          "Statement '" + std::string(what) + "' is not supported in this version of SQL Server.",
          1, Now().line};
}

SqlResult<std::vector<Statement>> Parser::Batch() {
  std::vector<Statement> statements;
  while (true) {
    while (SkipSymbol(";")) continue;
    if (Now().kind == TokenKind::kEnd) return statements;
    DBSTOW_ASSIGN(Statement statement, OneStatement());
    statements.push_back(std::move(statement));
  }
}

SqlResult<std::vector<Declaration>> Parser::ParameterList() {
  std::vector<Declaration> list;
  while (Now().kind != TokenKind::kEnd) {
    if (!list.empty()) DBSTOW_TRY(ExpectSymbol(","));
    if (Now().kind != TokenKind::kVariable) return Unexpected();
    Declaration declaration;
    declaration.name = Take().text;
    SkipWord("AS");
    DBSTOW_ASSIGN(declaration.type, DataType());
    if (!SkipWord("OUTPUT")) SkipWord("OUT");
    list.push_back(std::move(declaration));
  }
  return list;
}

SqlResult<Statement> Parser::OneStatement() {
  if (++depth_ > kDeepest) {
    return SqlError{191, 15, "Some part of the statement is nested too deeply.", 1, Now().line};
  }
  const int line = Now().line;
  DBSTOW_ASSIGN(Statement statement, Dispatch());
  statement.line = line;
  --depth_;
  return statement;
}

SqlResult<std::vector<Statement>> Parser::Body() {
  std::vector<Statement> body;
  DBSTOW_ASSIGN(Statement statement, OneStatement());
  body.push_back(std::move(statement));
  SkipSymbol(";");
  return body;
}

SqlResult<Statement> Parser::Dispatch() {
  const Token& first = Now();
  if (first.kind == TokenKind::kQuotedName) return Exec();
  if (IsSymbol("(")) {
    DBSTOW_ASSIGN(auto select, Query());
    return Statement{0, SelectStatement{std::move(select)}};
  }
  if (first.kind != TokenKind::kWord) return Unexpected();
  const std::string word = ToUpper(first.text);
  if (word == "SELECT") {
    DBSTOW_ASSIGN(auto select, Query());
    return Statement{0, SelectStatement{std::move(select)}};
  }
  if (word == "INSERT") return Insert();
  if (word == "UPDATE") return Update();
  if (word == "DELETE" || word == "TRUNCATE") return Delete();
  if (word == "DECLARE") return Declare();
  if (word == "SET") return Set();
  if (word == "IF") return If();
  if (word == "BEGIN") return Begin();
  if (word == "BACKUP") return Backup();
  if (word == "RESTORE") return Restore();
  if (word == "DBCC") return Dbcc();
  if (word == "EXEC" || word == "EXECUTE") return Exec();
  if (word == "GRANT" || word == "DENY" || word == "REVOKE") return Permission(word);
  if (std::find(kForeign.begin(), kForeign.end(), word) != kForeign.end()) {
    return NotSupported(word);
  }
  if (word == "WITH") {
    return SqlError{319, 15,
                    "Incorrect syntax near the keyword 'with'. If this statement is a common table "
                    "expression, the previous statement must be terminated with a semicolon.",
                    1, first.line};
  }
  Take();
  if (word == "CREATE") return CreateOrAlter(Ddl::kCreate);
  if (word == "ALTER") return CreateOrAlter(Ddl::kAlter);
  if (word == "DROP") return Drop();
  if (word == "COMMIT") return Transaction(TransactionVerb::kCommit);
  if (word == "ROLLBACK") return Transaction(TransactionVerb::kRollback);
  if (word == "CHECKPOINT") return Statement{0, CheckpointStatement{}};
  if (word == "RETURN") return Statement{0, ReturnStatement{}};
  if (word == "USE") {
    DBSTOW_ASSIGN(std::string name, Identifier());
    return Statement{0, UseStatement{std::move(name)}};
  }
  if (word == "PRINT") {
    DBSTOW_ASSIGN(ExprPtr value, Expression());
    return Statement{0, PrintStatement{std::move(value)}};
  }
  if (word == "KILL") {
    DBSTOW_ASSIGN(ExprPtr session, ValueOperand());
    return Statement{0, KillStatement{std::move(session)}};
  }
  if (word == "WAITFOR") {
    DBSTOW_TRY(ExpectWord("DELAY"));
    DBSTOW_ASSIGN(ExprPtr delay, ValueOperand());
    return Statement{0, WaitForStatement{std::move(delay)}};
  }
  --at_;
  // A batch may begin with a procedure's name alone.
  if (at_ == 0 && !IsReserved(word)) return Exec();
  return Unexpected();
}

SqlResult<Statement> Parser::CreateOrAlter(Ddl verb) {
  const bool create = verb == Ddl::kCreate;
  if (IsWord("DATABASE")) {
    Take();
    return create ? CreateDatabase() : AlterDatabase();
  }
  if (create && SkipWord("TABLE")) return CreateTable();
  if (!create && SkipWords({"SERVER", "ROLE"})) return RoleMember(true);
  if (!create && SkipWords({"SERVER", "CONFIGURATION"})) return AlterServer();
  if (!create && SkipWord("ROLE")) return RoleMember(false);
  for (const std::string_view kind : {"LOGIN", "USER", "CREDENTIAL", "MASTER", "CERTIFICATE"}) {
    if (IsWord(kind)) return Principal(verb);
  }
  if (create && IsWord("ROLE")) return Principal(verb);
  if (Now().kind != TokenKind::kWord) return Unexpected();
  return NotSupported((create ? "CREATE " : "ALTER ") + ToUpper(Now().text));
}

SqlResult<Statement> Parser::Drop() {
  if (SkipWord("DATABASE")) {
    DropDatabaseStatement drop;
    drop.if_exists = SkipWords({"IF", "EXISTS"});
    do {
      DBSTOW_ASSIGN(std::string name, Identifier());
      drop.names.push_back(std::move(name));
    } while (SkipSymbol(","));
    return Statement{0, std::move(drop)};
  }
  if (SkipWord("TABLE")) {
    DropTableStatement drop;
    drop.if_exists = SkipWords({"IF", "EXISTS"});
    do {
      DBSTOW_ASSIGN(ObjectName name, QualifiedName());
      drop.tables.push_back(std::move(name));
    } while (SkipSymbol(","));
    return Statement{0, std::move(drop)};
  }
  for (const std::string_view kind : {"LOGIN", "USER", "CREDENTIAL", "CERTIFICATE"}) {
    if (IsWord(kind)) return Principal(Ddl::kDrop);
  }
  if (Now().kind != TokenKind::kWord) return Unexpected();
  return NotSupported("DROP " + ToUpper(Now().text));
}

SqlResult<Statement> Parser::If() {
  Take();
  IfStatement branch;
  DBSTOW_ASSIGN(branch.condition, Condition());
  DBSTOW_ASSIGN(branch.then, Body());
  if (SkipWord("ELSE")) {
    DBSTOW_ASSIGN(branch.otherwise, Body());
  }
  return Statement{0, std::move(branch)};
}

SqlResult<Statement> Parser::Begin() {
  Take();
  if (IsWord("TRAN") || IsWord("TRANSACTION")) return Transaction(TransactionVerb::kBegin);
  if (IsWord("TRY") || IsWord("DISTRIBUTED") || IsWord("DIALOG")) {
    return NotSupported("BEGIN " + ToUpper(Now().text));
  }
  BlockStatement block;
  while (!IsWord("END")) {
    if (SkipSymbol(";")) continue;
    DBSTOW_ASSIGN(Statement statement, OneStatement());
    block.body.push_back(std::move(statement));
  }
  Take();
  if (block.body.empty()) return UnexpectedAt(tokens_[at_ - 1]);
  return Statement{0, std::move(block)};
}

SqlResult<Statement> Parser::Transaction(TransactionVerb verb) {
  TransactionStatement transaction;
  transaction.verb = verb;
  if (!SkipWord("TRANSACTION") && !SkipWord("TRAN")) SkipWord("WORK");
  if (Now().kind == TokenKind::kVariable) return NotSupported("BEGIN TRANSACTION @variable");
  if (Now().kind == TokenKind::kQuotedName ||
      (Now().kind == TokenKind::kWord && !IsReserved(Now().text))) {
    transaction.name = Take().text;
  }
  const int line = Now().line;
  if (verb == TransactionVerb::kBegin && SkipWords({"WITH", "MARK"})) {
    if (transaction.name.empty()) {
      return SqlError{
          3901, 16, "The transaction name must be specified when it is used with the mark option.",
          1, line};
    }
    if (ToLower(transaction.name).starts_with("lsn:")) {
      return SqlError{3925, 16, "Invalid transaction mark name. The 'LSN:' prefix is reserved.", 1,
                      line};
    }
    transaction.marked = true;
    if (Now().kind == TokenKind::kString || Now().kind == TokenKind::kWideString) {
      transaction.description = Take().text;
    }
  }
  return Statement{0, std::move(transaction)};
}

}  // namespace dbstow::doubles::sqlserver
