#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "doubles/sqlserver/sql/ast.h"
#include "doubles/sqlserver/sql/lexer.h"

namespace dbstow::doubles::sqlserver {

/// A batch by the grammar that the double knows. What T-SQL's grammar refuses is refused with its
/// numbers (102, 105, 155, 156, 319, …); statements of T-SQL that the double does not have are
/// refused with 40510. Every error has its line.
[[nodiscard]] SqlResult<std::vector<Statement>> ParseBatch(std::string_view sql);

/// The types in "@a int, @b nvarchar(20) OUTPUT": what sp_executesql and sp_prepare declare.
[[nodiscard]] SqlResult<std::vector<Declaration>> ParseParameterList(std::string_view sql);

/// The recursive descent behind ParseBatch. One per batch.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  [[nodiscard]] SqlResult<std::vector<Statement>> Batch();
  [[nodiscard]] SqlResult<std::vector<Declaration>> ParameterList();

 private:
  using Words = std::initializer_list<std::string_view>;

  // parser.cc: the cursor
  [[nodiscard]] const Token& Now(std::size_t ahead = 0) const;
  const Token& Take();
  [[nodiscard]] bool IsWord(std::string_view word, std::size_t ahead = 0) const;
  [[nodiscard]] bool IsSymbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool SkipWord(std::string_view word);
  bool SkipWords(Words words);
  bool SkipSymbol(std::string_view symbol);
  [[nodiscard]] SqlResult<void> ExpectWord(std::string_view word);
  [[nodiscard]] SqlResult<void> ExpectSymbol(std::string_view symbol);
  [[nodiscard]] SqlError Unexpected() const;
  [[nodiscard]] SqlError UnexpectedAt(const Token& token) const;
  [[nodiscard]] SqlResult<std::string> Identifier();
  [[nodiscard]] SqlResult<std::string> AnyWord();
  [[nodiscard]] SqlResult<std::string> StringLiteral();
  [[nodiscard]] SqlResult<std::int64_t> IntegerLiteral();
  [[nodiscard]] SqlResult<ObjectName> QualifiedName();
  /// `length` is what a text type without one gets: 1 in declarations, 30 in casts.
  [[nodiscard]] SqlResult<SqlType> DataType(int length = 1);

  // parser.cc: statements
  [[nodiscard]] SqlResult<Statement> OneStatement();
  [[nodiscard]] SqlResult<std::vector<Statement>> Body();
  [[nodiscard]] SqlResult<Statement> Dispatch();
  [[nodiscard]] SqlResult<Statement> CreateOrAlter(Ddl verb);
  [[nodiscard]] SqlResult<Statement> Drop();
  [[nodiscard]] SqlResult<Statement> If();
  [[nodiscard]] SqlResult<Statement> Begin();
  [[nodiscard]] SqlResult<Statement> Transaction(TransactionVerb verb);
  [[nodiscard]] SqlError NotSupported(std::string_view what) const;

  // parse_expression.cc
  [[nodiscard]] SqlResult<ExprPtr> Expression();
  [[nodiscard]] SqlResult<ExprPtr> Condition();
  [[nodiscard]] SqlResult<ExprPtr> Or();
  [[nodiscard]] SqlResult<ExprPtr> And();
  using Rule = SqlResult<ExprPtr> (Parser::*)();
  /// Conditions of one kind with a word between them.
  [[nodiscard]] SqlResult<ExprPtr> Joined(std::string_view word, ExprKind kind, Rule operand);
  [[nodiscard]] SqlResult<ExprPtr> Not();
  [[nodiscard]] SqlResult<ExprPtr> Predicate();
  [[nodiscard]] SqlResult<ExprPtr> Additive();
  [[nodiscard]] SqlResult<ExprPtr> Multiplicative();
  [[nodiscard]] SqlResult<ExprPtr> Unary();
  [[nodiscard]] SqlResult<ExprPtr> Primary();
  [[nodiscard]] SqlResult<ExprPtr> Parenthesis();
  [[nodiscard]] SqlResult<ExprPtr> Literal();
  [[nodiscard]] SqlResult<ExprPtr> NameOrCall();
  [[nodiscard]] SqlResult<ExprPtr> Call(std::string name);
  [[nodiscard]] SqlResult<ExprPtr> Cast(const std::string& name);
  [[nodiscard]] SqlResult<ExprPtr> Case();
  [[nodiscard]] SqlResult<ExprPtr> InList(ExprPtr operand, bool negated);
  [[nodiscard]] ExprPtr Make(ExprKind kind) const;

  // parse_select.cc
  [[nodiscard]] SqlResult<std::unique_ptr<Select>> Query();
  [[nodiscard]] SqlResult<std::unique_ptr<Select>> QueryBlock();
  [[nodiscard]] SqlResult<SelectItem> Item();
  [[nodiscard]] SqlResult<void> From(Select& select);
  [[nodiscard]] SqlResult<TableSource> Source(JoinKind join);
  [[nodiscard]] SqlResult<std::optional<JoinKind>> Join();
  [[nodiscard]] SqlResult<void> OrderBy(Select& select);
  [[nodiscard]] SqlResult<void> TableHints();
  [[nodiscard]] bool StartsAlias() const;

  // parse_data.cc
  [[nodiscard]] SqlResult<Statement> Insert();
  [[nodiscard]] SqlResult<Statement> Update();
  [[nodiscard]] SqlResult<Statement> Delete();
  [[nodiscard]] SqlResult<Statement> CreateTable();
  [[nodiscard]] SqlResult<ColumnDefinition> ColumnOf();
  [[nodiscard]] SqlResult<void> TableKey(CreateTableStatement& table);
  [[nodiscard]] SqlResult<Statement> Declare();
  [[nodiscard]] SqlResult<Statement> Set();
  [[nodiscard]] SqlResult<Statement> Exec();
  [[nodiscard]] SqlResult<void> ExecArguments(ExecStatement& exec);

  // parse_database.cc
  [[nodiscard]] SqlResult<Statement> CreateDatabase();
  [[nodiscard]] SqlResult<Statement> AlterDatabase();
  [[nodiscard]] SqlResult<void> AlterSet(AlterDatabaseStatement& alter);
  [[nodiscard]] SqlResult<Statement> AlterServer();
  [[nodiscard]] SqlResult<std::vector<FileSpec>> FileSpecs(std::string file_group);
  [[nodiscard]] SqlResult<FileSpec> OneFile(const std::string& file_group);
  [[nodiscard]] SqlResult<std::int64_t> SizeKb();
  [[nodiscard]] SqlResult<Statement> Principal(Ddl verb);
  [[nodiscard]] SqlResult<Statement> RoleMember(bool server_role);
  [[nodiscard]] SqlResult<Statement> Permission(std::string verb);

  // parse_backup.cc
  [[nodiscard]] SqlResult<Statement> Backup();
  [[nodiscard]] SqlResult<Statement> Restore();
  [[nodiscard]] SqlResult<Statement> Dbcc();
  [[nodiscard]] SqlResult<ExprPtr> NameOperand();
  [[nodiscard]] SqlResult<ExprPtr> ValueOperand();
  using SelectionWord = std::pair<std::string_view, SelectionKind>;
  [[nodiscard]] SqlResult<std::vector<FileSelection>> Selections(
      std::span<const SelectionWord> words);
  [[nodiscard]] SqlResult<std::vector<FileSelection>> BackupSelections();
  [[nodiscard]] SqlResult<std::vector<DeviceSpec>> Devices();
  [[nodiscard]] SqlResult<std::vector<WithOption>> Options(std::string_view statement);
  [[nodiscard]] SqlResult<WithOption> Option(std::string_view statement);
  [[nodiscard]] SqlResult<std::vector<WithOption>> NestedOptions();

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;  ///< of nesting, against stack exhaustion
};

}  // namespace dbstow::doubles::sqlserver
