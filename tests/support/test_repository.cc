#include "support/test_repository.h"

#include <algorithm>

namespace dbstow::test {

using repository::Repository;
using repository::RepositoryTuning;

std::uint64_t BackupContent::size() const {
  std::uint64_t total = 0;
  for (const auto& [name, bytes] : streams) total += bytes.size();
  for (const auto& [name, item] : pages) total += item.bytes.size();
  return total;
}

Bytes Text(std::size_t size, std::uint64_t seed) {
  std::string text;
  text.reserve(size + 64);
  std::uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (std::uint64_t row = 0; text.size() < size; ++row) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    text += std::to_string(row) + "\tcustomer " + std::to_string(state >> 40) + "\t2026-11-23\n";
  }
  const ByteView bytes = AsBytes(std::string_view(text).substr(0, size));
  return {bytes.begin(), bytes.end()};
}

Result<void> Fill(BackupWriter& writer, const BackupContent& content) {
  for (const auto& [name, bytes] : content.streams) {
    DBSTOW_ASSIGN(auto sink, writer.AddStream({name, {{"kind", "test"}}}));
    DBSTOW_TRY(sink->Write(bytes));
    DBSTOW_TRY(sink->Finish());
  }
  for (const auto& [name, item] : content.pages) {
    DBSTOW_ASSIGN(auto sink, writer.AddPages({name, {}}, item.page_size));
    DBSTOW_TRY(sink->Write(0, item.bytes));
    DBSTOW_TRY(sink->Finish(item.bytes.size() / item.page_size));
  }
  return {};
}

Result<BackupContent> ReadAll(BackupReader& reader) {
  BackupContent content;
  for (const ItemInfo& item : reader.items()) {
    if (item.kind == ItemInfo::Kind::kPages) {
      DBSTOW_ASSIGN(auto source, reader.OpenPages(item.name));
      Bytes bytes(source->page_count() * source->page_size());
      DBSTOW_TRY(source->Read(0, bytes));
      content.pages[item.name] = {item.page_size, std::move(bytes)};
      continue;
    }
    DBSTOW_ASSIGN(auto source, reader.OpenStream(item.name));
    Bytes& bytes = content.streams[item.name];
    Bytes piece(10'000);
    for (;;) {
      DBSTOW_ASSIGN(const std::size_t size, source->Read(piece));
      if (size == 0) break;
      bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }
  return content;
}

RepositoryTuning TestRepository::SmallPacks() {
  RepositoryTuning tuning;
  tuning.pack_bytes = 64 << 10;
  return tuning;
}

TestRepository::TestRepository(RepositoryTuning tuning) : tuning_(tuning) {
  repository_ =
      Repository::Create(ports(), {passphrase}, {io::KdfCost::Cheapest()}, tuning_).value();
}

Result<void> TestRepository::Reopen() {
  DBSTOW_ASSIGN(repository_, Repository::Open(ports(), {passphrase}, tuning_));
  return {};
}

BackupPlan TestRepository::Plan(const std::string& instance) {
  BackupPlan plan;
  plan.instance = instance;
  plan.engine = "test";
  return plan;
}

Result<BackupRecord> TestRepository::Backup(const std::string& instance,
                                            const BackupContent& content) {
  clock.Advance(std::chrono::minutes(1));
  DBSTOW_ASSIGN(auto writer, repository_->Begin(Plan(instance)));
  DBSTOW_TRY(Fill(*writer, content));
  return writer->Commit({});
}

Result<BackupContent> TestRepository::Restore(const std::string& selector,
                                              const std::string& instance) {
  DBSTOW_ASSIGN(auto reader, repository_->Open(selector, instance));
  return ReadAll(*reader);
}

}  // namespace dbstow::test
