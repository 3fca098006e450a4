#include <algorithm>
#include <array>

#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

// ALTER DATABASE … SET: options that take a word, and those that stand alone.
constexpr std::array<std::string_view, 6> kValuedOptions{
    "RECOVERY",    "PAGE_VERIFY",         "TRUSTWORTHY",
    "DB_CHAINING", "COMPATIBILITY_LEVEL", "SUSPEND_FOR_SNAPSHOT_BACKUP"};
constexpr std::array<std::string_view, 1> kServerOptions{"SUSPEND_FOR_SNAPSHOT_BACKUP"};
constexpr std::array<std::string_view, 8> kBareOptions{
    "SINGLE_USER", "RESTRICTED_USER", "MULTI_USER", "ONLINE",
    "OFFLINE",     "EMERGENCY",       "READ_ONLY",  "READ_WRITE"};

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

SqlResult<std::int64_t> Parser::SizeKb() {
  if (SkipWord("UNLIMITED")) return std::int64_t{-1};
  DBSTOW_ASSIGN(const std::int64_t number, IntegerLiteral());
  if (SkipWord("KB")) return number;
  if (SkipWord("GB")) return number * 1024 * 1024;
  SkipWord("MB");
  return number * 1024;
}

SqlResult<FileSpec> Parser::OneFile(const std::string& file_group) {
  FileSpec file;
  file.file_group = file_group;
  DBSTOW_TRY(ExpectSymbol("("));
  do {
    DBSTOW_ASSIGN(const std::string property, AnyWord());
    DBSTOW_TRY(ExpectSymbol("="));
    if (property == "NAME") {
      if (Now().kind == TokenKind::kString || Now().kind == TokenKind::kWideString) {
        file.logical = Take().text;
      } else {
        DBSTOW_ASSIGN(file.logical, Identifier());
      }
    } else if (property == "FILENAME") {
      DBSTOW_ASSIGN(file.physical, StringLiteral());
    } else if (property == "SIZE") {
      file.sized = true;
      DBSTOW_ASSIGN(file.size_kb, SizeKb());
    } else if (property == "MAXSIZE") {
      file.sized = true;
      DBSTOW_ASSIGN(file.max_size_kb, SizeKb());
    } else if (property == "FILEGROWTH") {
      file.sized = true;
      DBSTOW_TRY(SizeKb());
      SkipSymbol("%");
    } else {
      return SqlError{155, 15, "'" + property + "' is not a recognized CREATE DATABASE option.", 1,
                      Now().line};
    }
  } while (SkipSymbol(","));
  DBSTOW_TRY(ExpectSymbol(")"));
  if (file.logical.empty() || file.physical.empty()) {
    return SqlError{5108, 15, "A file needs NAME and FILENAME.", 1, Now().line};
  }
  return file;
}

SqlResult<std::vector<FileSpec>> Parser::FileSpecs(std::string file_group) {
  std::vector<FileSpec> files;
  do {
    if (SkipWord("FILEGROUP")) {
      DBSTOW_ASSIGN(file_group, Identifier());
      SkipWord("DEFAULT");
    } else {
      SkipWord("PRIMARY");
    }
    DBSTOW_ASSIGN(FileSpec file, OneFile(file_group));
    files.push_back(std::move(file));
  } while (SkipSymbol(","));
  return files;
}

SqlResult<Statement> Parser::CreateDatabase() {
  CreateDatabaseStatement create;
  DBSTOW_ASSIGN(create.name, Identifier());
  if (SkipWord("CONTAINMENT")) return NotSupported("CONTAINMENT");
  if (SkipWord("ON")) {
    DBSTOW_ASSIGN(create.files, FileSpecs(""));
  }
  if (SkipWords({"LOG", "ON"})) {
    DBSTOW_ASSIGN(create.log_files, FileSpecs(""));
  }
  if (SkipWord("COLLATE")) {
    DBSTOW_ASSIGN(create.collation, Identifier());
  }
  if (!create.files.empty() && create.log_files.empty() && SkipWords({"AS", "SNAPSHOT", "OF"})) {
    DBSTOW_ASSIGN(create.snapshot_of, Identifier());
    return Statement{0, std::move(create)};
  }
  if (IsWord("FOR") || IsWord("WITH") || (IsWord("AS") && IsWord("COPY", 1))) {
    return NotSupported("CREATE DATABASE … " + ToUpper(Now().text));
  }
  return Statement{0, std::move(create)};
}

SqlResult<Statement> Parser::AlterDatabase() {
  AlterDatabaseStatement alter;
  if (SkipWord("CURRENT")) {
    alter.name.clear();
  } else {
    DBSTOW_ASSIGN(alter.name, Identifier());
  }
  if (SkipWord("SET")) {
    DBSTOW_TRY(AlterSet(alter));
  } else if (SkipWords({"MODIFY", "NAME"})) {
    alter.action = AlterDatabaseAction::kRename;
    DBSTOW_TRY(ExpectSymbol("="));
    DBSTOW_ASSIGN(alter.new_name, Identifier());
  } else if (SkipWords({"ADD", "FILEGROUP"})) {
    alter.action = AlterDatabaseAction::kAddFileGroup;
    DBSTOW_ASSIGN(alter.new_name, Identifier());
  } else if (IsWord("ADD") && (IsWord("FILE", 1) || IsWord("LOG", 1))) {
    Take();
    alter.action = AlterDatabaseAction::kAddFile;
    alter.log_file = SkipWord("LOG");
    DBSTOW_TRY(ExpectWord("FILE"));
    DBSTOW_ASSIGN(alter.files, FileSpecs(""));
    if (SkipWords({"TO", "FILEGROUP"})) {
      DBSTOW_ASSIGN(const std::string group, Identifier());
      for (FileSpec& file : alter.files) file.file_group = group;
    }
  } else if (SkipWords({"MODIFY", "FILEGROUP"})) {
    alter.action = AlterDatabaseAction::kModifyFileGroup;
    DBSTOW_ASSIGN(alter.new_name, Identifier());
    if (SkipWord("READ_ONLY") || SkipWord("READONLY")) {
      alter.option = "READ_ONLY";
    } else if (SkipWord("READ_WRITE") || SkipWord("READWRITE")) {
      alter.option = "READ_WRITE";
    } else if (SkipWord("DEFAULT")) {
      alter.option = "DEFAULT";
    } else if (SkipWord("NAME")) {
      alter.option = "NAME";
      DBSTOW_TRY(ExpectSymbol("="));
      DBSTOW_ASSIGN(alter.value, Identifier());
    } else {
      return Unexpected();
    }
  } else if (SkipWords({"REMOVE", "FILE"})) {
    alter.action = AlterDatabaseAction::kRemoveFile;
    DBSTOW_ASSIGN(alter.new_name, Identifier());
  } else if (Now().kind == TokenKind::kWord) {
    return NotSupported("ALTER DATABASE … " + ToUpper(Now().text));
  } else {
    return Unexpected();
  }
  return Statement{0, std::move(alter)};
}

SqlResult<Statement> Parser::AlterServer() {
  DBSTOW_TRY(ExpectWord("SET"));
  DBSTOW_ASSIGN(const std::string option, AnyWord());
  if (!Contains(kServerOptions, option)) {
    return NotSupported("ALTER SERVER CONFIGURATION SET " + option);
  }
  SuspendServerStatement suspend;
  SkipSymbol("=");
  suspend.suspends = SkipWord("ON");
  if (!suspend.suspends) DBSTOW_TRY(ExpectWord("OFF"));
  if (!SkipSymbol("(")) return Statement{0, std::move(suspend)};
  do {
    if (SkipWord("MODE")) {
      DBSTOW_TRY(ExpectSymbol("="));
      DBSTOW_TRY(ExpectWord("COPY_ONLY"));
      suspend.copy_only = true;
      continue;
    }
    DBSTOW_TRY(ExpectWord("GROUP"));
    DBSTOW_TRY(ExpectSymbol("="));
    DBSTOW_TRY(ExpectSymbol("("));
    do {
      DBSTOW_ASSIGN(std::string name, Identifier());
      suspend.group.push_back(std::move(name));
    } while (SkipSymbol(","));
    DBSTOW_TRY(ExpectSymbol(")"));
  } while (SkipSymbol(","));
  DBSTOW_TRY(ExpectSymbol(")"));
  return Statement{0, std::move(suspend)};
}

SqlResult<void> Parser::AlterSet(AlterDatabaseStatement& alter) {
  DBSTOW_ASSIGN(alter.option, AnyWord());
  if (Contains(kValuedOptions, alter.option)) {
    SkipSymbol("=");
    if (Now().kind == TokenKind::kInteger) {
      alter.value = Take().text;
    } else {
      DBSTOW_ASSIGN(alter.value, AnyWord());
    }
    if (alter.option == "SUSPEND_FOR_SNAPSHOT_BACKUP" && SkipSymbol("(")) {
      DBSTOW_TRY(ExpectWord("MODE"));
      DBSTOW_TRY(ExpectSymbol("="));
      DBSTOW_TRY(ExpectWord("COPY_ONLY"));
      DBSTOW_TRY(ExpectSymbol(")"));
      alter.value += " COPY_ONLY";
    }
  } else if (!Contains(kBareOptions, alter.option)) {
    return NotSupported("ALTER DATABASE … SET " + alter.option);
  }
  if (SkipWord("WITH")) {
    if (SkipWords({"ROLLBACK", "IMMEDIATE"})) {
      alter.rollback_immediate = true;
    } else if (SkipWords({"ROLLBACK", "AFTER"})) {
      DBSTOW_TRY(IntegerLiteral());
      if (!SkipWord("SECONDS")) SkipWord("SECOND");
      alter.rollback_immediate = true;
    } else {
      DBSTOW_TRY(ExpectWord("NO_WAIT"));
      alter.no_wait = true;
    }
  }
  return {};
}

SqlResult<Statement> Parser::Principal(Ddl verb) {
  PrincipalStatement principal;
  principal.verb = verb;
  DBSTOW_ASSIGN(principal.kind, AnyWord());
  if (principal.kind == "MASTER") {
    DBSTOW_TRY(ExpectWord("KEY"));
    principal.kind = "MASTER KEY";
  } else {
    DBSTOW_ASSIGN(principal.name, Identifier());
  }
  if (verb == Ddl::kDrop) return Statement{0, std::move(principal)};
  if (IsWord("FROM") && principal.kind != "USER") {
    return NotSupported("CREATE " + principal.kind + " FROM");
  }
  if (SkipWord("ENABLE")) principal.options.emplace_back("DISABLED", "0");
  if (SkipWord("DISABLE")) principal.options.emplace_back("DISABLED", "1");
  if (SkipWord("FOR") || SkipWord("FROM")) {
    DBSTOW_TRY(ExpectWord("LOGIN"));
    DBSTOW_ASSIGN(std::string login, Identifier());
    principal.options.emplace_back("LOGIN", std::move(login));
  } else if (SkipWords({"WITHOUT", "LOGIN"})) {
    principal.options.emplace_back("LOGIN", "");
  }
  if (SkipWords({"ENCRYPTION", "BY"})) {
    DBSTOW_TRY(ExpectWord("PASSWORD"));
    DBSTOW_TRY(ExpectSymbol("="));
    DBSTOW_ASSIGN(std::string password, StringLiteral());
    principal.options.emplace_back("PASSWORD", std::move(password));
  }
  if (!SkipWord("WITH")) return Statement{0, std::move(principal)};
  do {
    DBSTOW_ASSIGN(std::string option, AnyWord());
    DBSTOW_TRY(ExpectSymbol("="));
    const bool text = Now().kind == TokenKind::kString || Now().kind == TokenKind::kWideString;
    if (!text && Now().kind != TokenKind::kQuotedName && Now().kind != TokenKind::kWord &&
        Now().kind != TokenKind::kBinary) {
      return Unexpected();
    }
    principal.options.emplace_back(std::move(option), Take().text);
    if (SkipWord("MUST_CHANGE")) principal.options.emplace_back("MUST_CHANGE", "ON");
  } while (SkipSymbol(","));
  return Statement{0, std::move(principal)};
}

SqlResult<Statement> Parser::RoleMember(bool server_role) {
  RoleMemberStatement change;
  change.server_role = server_role;
  DBSTOW_ASSIGN(change.role, Identifier());
  if (!SkipWord("ADD")) {
    DBSTOW_TRY(ExpectWord("DROP"));
    change.adds = false;
  }
  DBSTOW_TRY(ExpectWord("MEMBER"));
  DBSTOW_ASSIGN(change.member, Identifier());
  return Statement{0, std::move(change)};
}

SqlResult<Statement> Parser::Permission(std::string verb) {
  Take();
  PermissionStatement permission;
  permission.verb = std::move(verb);
  if (permission.verb == "REVOKE") SkipWords({"GRANT", "OPTION", "FOR"});
  do {
    std::string name;
    while (Now().kind == TokenKind::kWord && !IsWord("TO") && !IsWord("ON") && !IsWord("FROM")) {
      name += (name.empty() ? "" : " ") + ToUpper(Take().text);
    }
    if (name.empty()) return Unexpected();
    permission.permissions.push_back(std::move(name));
  } while (SkipSymbol(","));
  if (SkipWord("ON")) {
    if (SkipWord("OBJECT") || SkipWord("DATABASE") || SkipWord("SCHEMA")) {
      DBSTOW_TRY(ExpectSymbol(":"));
      DBSTOW_TRY(ExpectSymbol(":"));
    }
    DBSTOW_ASSIGN(const ObjectName object, QualifiedName());
    permission.object = object.name();
  }
  if (!(permission.verb == "REVOKE" && SkipWord("FROM"))) DBSTOW_TRY(ExpectWord("TO"));
  do {
    if (SkipWord("PUBLIC")) {
      permission.principals.emplace_back("public");
    } else {
      DBSTOW_ASSIGN(std::string principal, Identifier());
      permission.principals.push_back(std::move(principal));
    }
  } while (SkipSymbol(","));
  SkipWord("CASCADE");
  SkipWords({"WITH", "GRANT", "OPTION"});
  return Statement{0, std::move(permission)};
}

}  // namespace dbstow::doubles::sqlserver
