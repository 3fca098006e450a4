#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include "doubles/sqlserver/sql/parser.h"
#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

enum class Form {
  kBare,         // COPY_ONLY
  kValue,        // NAME = 'x'
  kMaybeValue,   // STATS, STATS = 10
  kMaybeNested,  // COMPRESSION, COMPRESSION (ALGORITHM = …)
  kNested,       // ENCRYPTION (…)
  kMove,         // MOVE 'a' TO 'b'
  kMark,         // STOPATMARK = 'm' AFTER 't'
};

struct OptionForm {
  std::string_view name;
  Form form;
};

constexpr std::array kBackupOptions{
    OptionForm{"DIFFERENTIAL", Form::kBare},
    OptionForm{"COPY_ONLY", Form::kBare},
    OptionForm{"COMPRESSION", Form::kMaybeNested},
    OptionForm{"NO_COMPRESSION", Form::kBare},
    OptionForm{"DESCRIPTION", Form::kValue},
    OptionForm{"NAME", Form::kValue},
    OptionForm{"CREDENTIAL", Form::kValue},
    OptionForm{"FILE_SNAPSHOT", Form::kBare},
    OptionForm{"EXPIREDATE", Form::kValue},
    OptionForm{"RETAINDAYS", Form::kValue},
    OptionForm{"METADATA_ONLY", Form::kBare},
    OptionForm{"SNAPSHOT", Form::kBare},
    OptionForm{"NOINIT", Form::kBare},
    OptionForm{"INIT", Form::kBare},
    OptionForm{"NOSKIP", Form::kBare},
    OptionForm{"SKIP", Form::kBare},
    OptionForm{"NOFORMAT", Form::kBare},
    OptionForm{"FORMAT", Form::kBare},
    OptionForm{"MEDIANAME", Form::kValue},
    OptionForm{"MEDIADESCRIPTION", Form::kValue},
    OptionForm{"BLOCKSIZE", Form::kValue},
    OptionForm{"BUFFERCOUNT", Form::kValue},
    OptionForm{"MAXTRANSFERSIZE", Form::kValue},
    OptionForm{"NO_CHECKSUM", Form::kBare},
    OptionForm{"CHECKSUM", Form::kBare},
    OptionForm{"STOP_ON_ERROR", Form::kBare},
    OptionForm{"CONTINUE_AFTER_ERROR", Form::kBare},
    OptionForm{"STATS", Form::kMaybeValue},
    OptionForm{"ENCRYPTION", Form::kNested},
    OptionForm{"BACKUP_OPTIONS", Form::kValue},
    OptionForm{"NORECOVERY", Form::kBare},
    OptionForm{"STANDBY", Form::kValue},
    OptionForm{"NO_TRUNCATE", Form::kBare},
    OptionForm{"REWIND", Form::kBare},
    OptionForm{"NOREWIND", Form::kBare},
    OptionForm{"UNLOAD", Form::kBare},
    OptionForm{"NOUNLOAD", Form::kBare},
};

constexpr std::array kRestoreOptions{
    OptionForm{"RECOVERY", Form::kBare},
    OptionForm{"NORECOVERY", Form::kBare},
    OptionForm{"STANDBY", Form::kValue},
    OptionForm{"PARTIAL", Form::kBare},
    OptionForm{"MOVE", Form::kMove},
    OptionForm{"REPLACE", Form::kBare},
    OptionForm{"RESTART", Form::kBare},
    OptionForm{"RESTRICTED_USER", Form::kBare},
    OptionForm{"CREDENTIAL", Form::kValue},
    OptionForm{"FILE", Form::kValue},
    OptionForm{"PASSWORD", Form::kValue},
    OptionForm{"MEDIANAME", Form::kValue},
    OptionForm{"MEDIAPASSWORD", Form::kValue},
    OptionForm{"METADATA_ONLY", Form::kBare},
    OptionForm{"SNAPSHOT", Form::kBare},
    OptionForm{"DBNAME", Form::kValue},
    OptionForm{"BLOCKSIZE", Form::kValue},
    OptionForm{"BUFFERCOUNT", Form::kValue},
    OptionForm{"MAXTRANSFERSIZE", Form::kValue},
    OptionForm{"CHECKSUM", Form::kBare},
    OptionForm{"NO_CHECKSUM", Form::kBare},
    OptionForm{"STOP_ON_ERROR", Form::kBare},
    OptionForm{"CONTINUE_AFTER_ERROR", Form::kBare},
    OptionForm{"STATS", Form::kMaybeValue},
    OptionForm{"LOADHISTORY", Form::kBare},
    OptionForm{"KEEP_REPLICATION", Form::kBare},
    OptionForm{"KEEP_CDC", Form::kBare},
    OptionForm{"ENABLE_BROKER", Form::kBare},
    OptionForm{"ERROR_BROKER_CONVERSATIONS", Form::kBare},
    OptionForm{"NEW_BROKER", Form::kBare},
    OptionForm{"STOPAT", Form::kValue},
    OptionForm{"STOPATMARK", Form::kMark},
    OptionForm{"STOPBEFOREMARK", Form::kMark},
    OptionForm{"RESTORE_OPTIONS", Form::kValue},
    OptionForm{"FILESTREAM", Form::kNested},
    OptionForm{"REWIND", Form::kBare},
    OptionForm{"NOREWIND", Form::kBare},
    OptionForm{"UNLOAD", Form::kBare},
    OptionForm{"NOUNLOAD", Form::kBare},
};

constexpr std::array kDbccOptions{
    OptionForm{"NO_STATISTICS", Form::kBare},  OptionForm{"NO_QUERYSTORE", Form::kBare},
    OptionForm{"VERIFY_CLONEDB", Form::kBare}, OptionForm{"SERVICEBROKER", Form::kBare},
    OptionForm{"BACKUP_CLONEDB", Form::kBare}, OptionForm{"NO_INFOMSGS", Form::kBare},
    OptionForm{"ALL_ERRORMSGS", Form::kBare},  OptionForm{"PHYSICAL_ONLY", Form::kBare},
};

constexpr std::array<std::pair<std::string_view, SelectionKind>, 4> kSelectionWords{{
    {"FILEGROUP", SelectionKind::kFileGroup},
    {"FILE", SelectionKind::kFile},
    {"READ_WRITE_FILEGROUPS", SelectionKind::kReadWriteFileGroups},
    {"PAGE", SelectionKind::kPage},
}};

std::span<const OptionForm> FormsOf(std::string_view statement) {
  if (statement == "BACKUP") return kBackupOptions;
  if (statement == "RESTORE") return kRestoreOptions;
  return kDbccOptions;
}

}  // namespace

// A name or a variable: the database of BACKUP, a logical device.
SqlResult<ExprPtr> Parser::NameOperand() {
  if (Now().kind == TokenKind::kVariable) return ValueOperand();
  ExprPtr name = Make(ExprKind::kLiteral);
  DBSTOW_ASSIGN(std::string text, Identifier());
  name->type = NVarChar(128);
  name->value = Text(std::move(text));
  return name;
}

// A literal or a variable.
SqlResult<ExprPtr> Parser::ValueOperand() {
  switch (Now().kind) {
    case TokenKind::kVariable: return Primary();
    case TokenKind::kString:
    case TokenKind::kWideString:
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kBinary: return Literal();
    default: return Unexpected();
  }
}

// What may be selected, and what may follow what, is for the statement to say.
SqlResult<std::vector<FileSelection>> Parser::Selections(std::span<const SelectionWord> words) {
  std::vector<FileSelection> selections;
  while (true) {
    const auto word = std::find_if(words.begin(), words.end(), [this](const SelectionWord& known) {
      return IsWord(known.first);
    });
    if (word == words.end()) {
      if (selections.empty()) return selections;
      return Unexpected();
    }
    Take();
    FileSelection selection;
    selection.kind = word->second;
    if (selection.kind != SelectionKind::kReadWriteFileGroups) {
      DBSTOW_TRY(ExpectSymbol("="));
      DBSTOW_ASSIGN(selection.name, ValueOperand());
    }
    selections.push_back(std::move(selection));
    if (!SkipSymbol(",")) return selections;
  }
}

// READ_WRITE_FILEGROUPS comes first, and with file groups only.
SqlResult<std::vector<FileSelection>> Parser::BackupSelections() {
  const bool partial = IsWord("READ_WRITE_FILEGROUPS");
  if (partial && !IsSymbol(",", 1)) return Selections(kSelectionWords);
  std::vector<FileSelection> selections;
  if (partial) {
    Take();
    Take();
    selections.push_back({SelectionKind::kReadWriteFileGroups, nullptr});
  }
  const std::span<const SelectionWord> words(kSelectionWords);
  DBSTOW_ASSIGN(std::vector<FileSelection> more,
                Selections(partial ? words.subspan(0, 1) : words.subspan(0, 2)));
  if (partial && more.empty()) return Unexpected();
  std::move(more.begin(), more.end(), std::back_inserter(selections));
  return selections;
}

SqlResult<std::vector<DeviceSpec>> Parser::Devices() {
  std::vector<DeviceSpec> devices;
  do {
    DeviceSpec device;
    const bool kind = IsSymbol("=", 1);
    if (IsWord("DISK")) {  // reserved, so never the name of a device
      device.kind = DeviceKind::kDisk;
    } else if (kind && IsWord("URL")) {
      device.kind = DeviceKind::kUrl;
    } else if (kind && IsWord("TAPE")) {
      device.kind = DeviceKind::kTape;
    } else if (kind && IsWord("VIRTUAL_DEVICE")) {
      device.kind = DeviceKind::kVirtual;
    } else {
      device.kind = DeviceKind::kLogical;
      DBSTOW_ASSIGN(device.name, NameOperand());
      devices.push_back(std::move(device));
      continue;
    }
    Take();
    DBSTOW_TRY(ExpectSymbol("="));
    DBSTOW_ASSIGN(device.name, ValueOperand());
    devices.push_back(std::move(device));
  } while (SkipSymbol(","));
  return devices;
}

// ALGORITHM = AES_256, SERVER CERTIFICATE = [c]
SqlResult<std::vector<WithOption>> Parser::NestedOptions() {
  std::vector<WithOption> nested;
  DBSTOW_TRY(ExpectSymbol("("));
  do {
    WithOption option;
    option.line = Now().line;
    DBSTOW_ASSIGN(option.name, AnyWord());
    while (Now().kind == TokenKind::kWord) option.name += " " + ToUpper(Take().text);
    DBSTOW_TRY(ExpectSymbol("="));
    const TokenKind kind = Now().kind;
    if (kind == TokenKind::kInteger || kind == TokenKind::kString ||
        kind == TokenKind::kWideString) {
      DBSTOW_ASSIGN(option.value, ValueOperand());
    } else {
      DBSTOW_ASSIGN(option.value, NameOperand());
    }
    nested.push_back(std::move(option));
  } while (SkipSymbol(","));
  DBSTOW_TRY(ExpectSymbol(")"));
  return nested;
}

SqlResult<WithOption> Parser::Option(std::string_view statement) {
  const std::span<const OptionForm> forms = FormsOf(statement);
  const Token& token = Now();
  if (token.kind != TokenKind::kWord) return Unexpected();
  const auto form = std::find_if(forms.begin(), forms.end(), [&](const OptionForm& known) {
    return SameName(known.name, token.text);
  });
  if (form == forms.end()) {
    return SqlError{
        155, 15, "'" + token.text + "' is not a recognized " + std::string(statement) + " option.",
        1, token.line};
  }
  WithOption option;
  option.line = token.line;
  option.name = std::string(form->name);
  Take();
  switch (form->form) {
    case Form::kBare: return option;
    case Form::kMaybeNested:
      if (!IsSymbol("(")) return option;
      [[fallthrough]];
    case Form::kNested: {
      DBSTOW_ASSIGN(option.nested, NestedOptions());
      return option;
    }
    case Form::kMove: {
      DBSTOW_ASSIGN(option.value, ValueOperand());
      DBSTOW_TRY(ExpectWord("TO"));
      DBSTOW_ASSIGN(option.second, ValueOperand());
      return option;
    }
    case Form::kMaybeValue:
      if (!IsSymbol("=")) return option;
      [[fallthrough]];
    case Form::kValue:
    case Form::kMark: break;
  }
  DBSTOW_TRY(ExpectSymbol("="));
  DBSTOW_ASSIGN(option.value, ValueOperand());
  if (form->form == Form::kMark && SkipWord("AFTER")) {
    DBSTOW_ASSIGN(option.second, ValueOperand());
  }
  return option;
}

SqlResult<std::vector<WithOption>> Parser::Options(std::string_view statement) {
  std::vector<WithOption> options;
  if (!SkipWord("WITH")) return options;
  do {
    DBSTOW_ASSIGN(WithOption option, Option(statement));
    options.push_back(std::move(option));
  } while (SkipSymbol(","));
  return options;
}

SqlResult<Statement> Parser::Backup() {
  Take();
  BackupStatement backup;
  if (IsWord("CERTIFICATE") || IsWord("MASTER")) {
    return NotSupported("BACKUP " + ToUpper(Now().text));
  }
  if (SkipWord("GROUP")) {
    backup.scope = BackupScope::kGroup;
    do {
      DBSTOW_ASSIGN(ExprPtr name, NameOperand());
      backup.group.push_back(std::move(name));
    } while (SkipSymbol(","));
  } else if (SkipWord("SERVER")) {
    backup.scope = BackupScope::kServer;
  } else {
    backup.log = SkipWord("LOG");
    if (!backup.log) DBSTOW_TRY(ExpectWord("DATABASE"));
    DBSTOW_ASSIGN(backup.database, NameOperand());
  }
  if (!backup.log && backup.scope == BackupScope::kDatabase) {
    DBSTOW_ASSIGN(backup.selections, BackupSelections());
  }
  DBSTOW_TRY(ExpectWord("TO"));
  DBSTOW_ASSIGN(backup.devices, Devices());
  while (SkipWords({"MIRROR", "TO"})) {
    DBSTOW_ASSIGN(std::vector<DeviceSpec> mirror, Devices());
    backup.mirrors.push_back(std::move(mirror));
  }
  DBSTOW_ASSIGN(backup.options, Options("BACKUP"));
  return Statement{0, std::move(backup)};
}

SqlResult<Statement> Parser::Restore() {
  static constexpr std::array<std::pair<std::string_view, RestoreVerb>, 7> kVerbs{{
      {"DATABASE", RestoreVerb::kDatabase},
      {"LOG", RestoreVerb::kLog},
      {"HEADERONLY", RestoreVerb::kHeaderOnly},
      {"FILELISTONLY", RestoreVerb::kFileListOnly},
      {"LABELONLY", RestoreVerb::kLabelOnly},
      {"VERIFYONLY", RestoreVerb::kVerifyOnly},
      {"REWINDONLY", RestoreVerb::kRewindOnly},
  }};
  Take();
  RestoreStatement restore;
  const auto* verb = std::find_if(kVerbs.begin(), kVerbs.end(),
                                  [this](const auto& known) { return IsWord(known.first); });
  if (verb == kVerbs.end()) return Unexpected();
  restore.verb = verb->second;
  Take();
  const bool data = restore.verb == RestoreVerb::kDatabase || restore.verb == RestoreVerb::kLog;
  if (data) {
    DBSTOW_ASSIGN(restore.database, NameOperand());
    DBSTOW_ASSIGN(restore.selections, Selections(kSelectionWords));
  }
  if (!data || IsWord("FROM")) {
    DBSTOW_TRY(ExpectWord("FROM"));
    if (IsWord("DATABASE_SNAPSHOT")) {
      Take();
      DBSTOW_TRY(ExpectSymbol("="));
      DBSTOW_ASSIGN(restore.snapshot, ValueOperand());
    } else {
      DBSTOW_ASSIGN(restore.devices, Devices());
    }
  }
  DBSTOW_ASSIGN(restore.options, Options("RESTORE"));
  return Statement{0, std::move(restore)};
}

SqlResult<Statement> Parser::Dbcc() {
  Take();
  DbccStatement dbcc;
  DBSTOW_ASSIGN(dbcc.command, AnyWord());
  if (SkipSymbol("(")) {
    do {
      if (Now().kind == TokenKind::kString || Now().kind == TokenKind::kWideString) {
        dbcc.arguments.push_back(Take().text);
      } else {
        DBSTOW_ASSIGN(std::string name, Identifier());
        dbcc.arguments.push_back(std::move(name));
      }
    } while (SkipSymbol(","));
    DBSTOW_TRY(ExpectSymbol(")"));
  }
  DBSTOW_ASSIGN(dbcc.options, Options("DBCC"));
  return Statement{0, std::move(dbcc)};
}

}  // namespace dbstow::doubles::sqlserver
