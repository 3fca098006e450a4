#include "engines/toy/toy_shelf.h"

namespace dbstow::toy {

std::string Encode(const Rows& rows) {
  std::string text;
  for (const auto& [key, value] : rows) text += key + "=" + value + "\n";
  return text;
}

Rows Decode(std::string_view text) {
  Rows rows;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t equals = line.find('=');
    rows.emplace(line.substr(0, equals),
                 equals == std::string_view::npos ? "" : line.substr(equals + 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return rows;
}

bool ToyShelf::Holds(const std::string& name) const { return files_.Stat(Path(name)).has_value(); }

Result<Rows> ToyShelf::Read(const std::string& name) const {
  auto opened = files_.Open(Path(name), io::OpenMode::kRead);
  if (!opened && opened.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound, "the toy's shelf has no '" + name + "'");
  }
  DBSTOW_ASSIGN(const auto file, std::move(opened));
  DBSTOW_ASSIGN(const std::uint64_t size, file->Size());
  Bytes bytes(size);
  DBSTOW_ASSIGN(const std::size_t got, file->ReadAt(0, bytes));
  return Decode(AsText(ByteView(bytes).first(got)));
}

Result<void> ToyShelf::Write(const std::string& name, const Rows& rows, IfExists if_exists) const {
  const std::string unfinished = Path("." + name);
  if (Holds("." + name)) DBSTOW_TRY(files_.Remove(unfinished));
  {
    DBSTOW_ASSIGN(const auto file, files_.Open(unfinished, io::OpenMode::kCreateNew));
    DBSTOW_TRY(file->WriteAt(0, AsBytes(Encode(rows))));
    DBSTOW_TRY(file->Sync());
  }
  if (if_exists == IfExists::kReplace) return files_.Rename(unfinished, Path(name));
  auto linked = files_.Link(unfinished, Path(name));
  DBSTOW_TRY(files_.Remove(unfinished));
  if (!linked && linked.error().code() == ErrorCode::kAlreadyExists) {
    return Error(ErrorCode::kAlreadyExists, "the toy database '" + name + "' exists");
  }
  return linked;
}

}  // namespace dbstow::toy
