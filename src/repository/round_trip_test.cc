#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <thread>

#include "repository/segment.h"
#include "support/test_repository.h"

namespace dbstow::repository {
namespace {

using test::BackupContent;
using test::TestRepository;

// Changes a few pages, sets some to zero, and sometimes grows or shrinks.
Bytes Evolve(Bytes bytes, std::uint32_t page_size) {
  const std::size_t pages = bytes.size() / page_size;
  const auto changes = *rc::gen::inRange(0, 20);
  for (int i = 0; i < changes && pages > 0; ++i) {
    const auto page = *rc::gen::inRange<std::size_t>(0, pages);
    const auto target = MutableByteView(bytes).subspan(page * page_size, page_size);
    if (*rc::gen::inRange(0, 3) == 0) {
      std::ranges::fill(target, std::byte{0});
    } else {
      std::ranges::copy(test::Text(page_size, *rc::gen::inRange<std::uint64_t>(0, 1000)),
                        target.begin());
    }
  }
  const auto grow = *rc::gen::inRange(-3, 4);
  const auto size = static_cast<std::ptrdiff_t>(pages) + grow;
  bytes.resize(static_cast<std::size_t>(std::max<std::ptrdiff_t>(size, 0)) * page_size);
  return bytes;
}

// Pages in runs of random length and order, as several threads would bring them.
Result<BackupRecord> BackupShuffled(TestRepository& repo, const BackupContent::Pages& pages,
                                    std::uint64_t seed, unsigned threads) {
  repo.clock.Advance(std::chrono::minutes(1));
  DBSTOW_ASSIGN(auto writer, repo->Begin(TestRepository::Plan("db")));
  DBSTOW_ASSIGN(auto sink, writer->AddPages({"main", {}}, pages.page_size));
  std::mt19937_64 random(seed);
  const std::uint64_t count = pages.bytes.size() / pages.page_size;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> runs;
  for (std::uint64_t at = 0; at < count;) {
    const std::uint64_t length = std::min(count - at, 1 + random() % 700);
    runs.emplace_back(at, length);
    at += length;
  }
  std::ranges::shuffle(runs, random);
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads; ++i) {
      workers.emplace_back([&] {
        for (std::size_t at = next++; at < runs.size(); at = next++) {
          const auto [first, length] = runs[at];
          const ByteView bytes =
              ByteView(pages.bytes).subspan(first * pages.page_size, length * pages.page_size);
          if (!sink->Write(first, bytes)) failed = true;
        }
      });
    }
  }
  if (failed) return Error(ErrorCode::kInternal, "a write failed");
  DBSTOW_TRY(sink->Finish(count));
  return writer->Commit({});
}

RC_GTEST_PROP(RoundTrip, GenerationsOfPagesInAnyOrderFromAnyThreads, ()) {
  RepositoryTuning tuning;
  tuning.pack_bytes = *rc::gen::element(std::size_t{4} << 10, std::size_t{300} << 10);
  if (*rc::gen::arbitrary<bool>()) tuning.zstd_level = 1;
  TestRepository repo(tuning);
  BackupContent content;
  auto& pages = content.pages["main"];
  pages.page_size = *rc::gen::element(512u, 512u, 4096u);
  // Mostly small; sometimes around the end of a map segment.
  const bool large = *rc::gen::inRange(0, 8) == 0;
  const auto count =
      large ? *rc::gen::inRange<std::size_t>(4090, 4110) : *rc::gen::inRange<std::size_t>(0, 300);
  pages.bytes = test::Text(count * pages.page_size, *rc::gen::inRange<std::uint64_t>(0, 100));
  std::map<std::string, BackupContent> all;
  for (int generation = 0; generation < 4; ++generation) {
    const auto record = BackupShuffled(repo, pages, *rc::gen::arbitrary<std::uint64_t>(),
                                       *rc::gen::inRange(1u, 4u));
    RC_ASSERT(record);
    RC_ASSERT(record->bytes.read == pages.bytes.size());
    all[record->id] = content;
    pages.bytes = Evolve(std::move(pages.bytes), pages.page_size);
  }
  for (const auto& [id, expected] : all) {
    const auto restored = repo.Restore(id, "db");
    RC_ASSERT(restored);
    RC_ASSERT(*restored == expected);
  }
  const auto report = repo->Verify("", "db", 2);
  RC_ASSERT(report);
  RC_ASSERT(report->outcome() == VerifyOutcome::kPassed);
}

RC_GTEST_PROP(RoundTrip, GenerationsOfStreams, ()) {
  TestRepository repo;
  BackupContent content;
  Bytes& stream = content.streams["s"];
  const auto some_size = [] {
    return *rc::gen::element<std::size_t>(0, 1, 1000, kChunkSize - 1, kChunkSize, kChunkSize + 1,
                                          2 * kChunkSize + 77);
  };
  stream = test::Text(some_size(), 1);
  std::map<std::string, BackupContent> all;
  for (int generation = 0; generation < 3; ++generation) {
    const auto record = repo.Backup("db", content);
    RC_ASSERT(record);
    all[record->id] = content;
    stream.resize(some_size());
    if (!stream.empty()) stream[*rc::gen::inRange<std::size_t>(0, stream.size())] ^= std::byte{1};
  }
  for (const auto& [id, expected] : all) RC_ASSERT(repo.Restore(id, "db").value() == expected);
}

RC_GTEST_PROP(RoundTrip, SegmentsEncodeAndDecode, ()) {
  Segment segment;
  const auto frames = *rc::gen::inRange(0u, 10u);
  for (std::uint32_t i = 0; i < frames; ++i) {
    FrameRef ref;
    ref.pack.bytes[0] = static_cast<std::byte>(i % 3);
    ref.id = *rc::gen::arbitrary<std::uint32_t>();
    ref.offset = *rc::gen::arbitrary<std::uint32_t>();
    segment.frames.push_back(ref);
  }
  const auto units = *rc::gen::inRange<std::size_t>(0, kPagesPerSegment + 1);
  for (std::size_t i = 0; i < units; ++i) {
    io::PageHash hash{};
    hash[0] = static_cast<std::byte>(i);
    segment.hashes.push_back(hash);
    const auto frame = frames == 0 ? UnitPlace::kZero : static_cast<std::uint32_t>(i / 7 % frames);
    segment.places.push_back(i % 5 == 0 || frames == 0
                                 ? UnitPlace{}
                                 : UnitPlace{frame, static_cast<std::uint32_t>(i % 64)});
  }
  const Bytes encoded = segment.Encode();
  const auto decoded = Segment::Decode(encoded);
  RC_ASSERT(decoded);
  RC_ASSERT(decoded->hashes == segment.hashes);
  RC_ASSERT(decoded->places == segment.places);
  RC_ASSERT(decoded->frames == segment.frames);
  // Damaged bytes give an error or another segment, never a crash or a place outside its frames.
  Bytes damaged = encoded;
  damaged[*rc::gen::inRange<std::size_t>(0, damaged.size())] ^=
      static_cast<std::byte>(*rc::gen::inRange(1, 256));
  if (const auto other = Segment::Decode(damaged)) {
    for (const UnitPlace& each : other->places) {
      RC_ASSERT(each.frame == UnitPlace::kZero || each.frame < other->frames.size());
    }
  }
}

TEST(RoundTrip, SinksOfOneBackupUsedByManyThreads) {
  TestRepository repo;
  BackupContent content;
  for (int i = 0; i < 8; ++i) {
    content.streams["table " + std::to_string(i)] =
        test::Text(1'500'000 + 1000 * static_cast<std::size_t>(i), static_cast<std::uint64_t>(i));
  }
  auto writer = repo->Begin(TestRepository::Plan("db")).value();
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> workers;
    for (const auto& [name, bytes] : content.streams) {
      workers.emplace_back([&, item = name, view = ByteView(bytes)] {
        auto sink = writer->AddStream({item, {}});
        if (!sink || !(*sink)->Write(view) || !(*sink)->Finish()) ++failures;
      });
    }
  }
  ASSERT_EQ(failures, 0);
  const BackupRecord record = writer->Commit({}).value();
  EXPECT_EQ(repo.Restore(record.id, "db").value(), content);
}

TEST(RoundTrip, ScatteredChangesStoreLittleMoreThanTheChangedPages) {
  TestRepository repo(RepositoryTuning{});
  BackupContent content;
  auto& pages = content.pages["main"];
  pages.bytes.resize(20'000 * std::size_t{4096});
  test::FakeRandom random(1);
  random.Fill(pages.bytes);  // incompressible, so that stored bytes can be counted
  ASSERT_TRUE(repo.Backup("db", content));
  for (std::size_t page = 0; page < 20'000; page += 100) {
    pages.bytes[page * 4096 + 17] ^= std::byte{1};
  }
  const BackupRecord second = repo.Backup("db", content).value();
  const std::uint64_t changed = 200 * 4096;
  const std::uint64_t hashes = 20'000 * 16;
  EXPECT_LT(second.bytes.stored, (changed + hashes) * 115 / 100);
  EXPECT_EQ(second.bytes.reused, pages.bytes.size() - changed);
  EXPECT_EQ(repo.Restore("latest", "db").value(), content);
}

// What is smallest in a manifest.
TEST(RoundTrip, ItemsWithoutContentsAndWithTheShortestNames) {
  for (const char* name : {"", "a", "rows"}) {
    TestRepository repo;
    BackupContent content;
    content.streams[name] = {};
    EXPECT_EQ(repo.Restore(repo.Backup("db", content).value().id, "db").value(), content) << name;
  }
}

TEST(RoundTrip, AnotherPageSizeOrNoParentStoresEverything) {
  TestRepository repo;
  BackupContent content;
  content.pages["main"] = {4096, test::Text(4096 * 16, 1)};
  ASSERT_TRUE(repo.Backup("db", content));
  content.pages["main"].page_size = 8192;
  EXPECT_EQ(repo.Backup("db", content).value().bytes.reused, 0u);
  BackupPlan plan = TestRepository::Plan("db");
  plan.parent = BackupPlan::Parent::kNone;
  auto writer = repo->Begin(plan).value();
  ASSERT_TRUE(test::Fill(*writer, content));
  EXPECT_EQ(writer->Commit({}).value().bytes.reused, 0u);
}

TEST(RoundTrip, AChainEndsAtItsGreatestDepth) {
  RepositoryTuning tuning = TestRepository::SmallPacks();
  tuning.max_chain_depth = 2;
  TestRepository repo(tuning);
  BackupContent content;
  content.streams["s"] = test::Text(1000, 1);
  EXPECT_TRUE(repo.Backup("db", content).value().parent_id.empty());
  EXPECT_FALSE(repo.Backup("db", content).value().parent_id.empty());
  EXPECT_TRUE(repo.Backup("db", content).value().parent_id.empty());
}

TEST(PageSink, RefusesWhatIsNotWhole) {
  TestRepository repo;
  auto writer = repo->Begin(TestRepository::Plan("db")).value();
  EXPECT_EQ(writer->AddPages({"odd", {}}, 1000).error().code(), ErrorCode::kInvalidOptions);
  auto sink = writer->AddPages({"main", {}}, 512).value();
  const Bytes pages = test::Text(512 * 3, 1);
  ASSERT_TRUE(sink->Write(0, pages));
  EXPECT_EQ(sink->Write(2, ByteView(pages).first(512)).error().code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(sink->Write(3, ByteView(pages).first(511)).error().code(), ErrorCode::kInvalidOptions);
  ASSERT_TRUE(sink->Write(4, ByteView(pages).first(512)));
  EXPECT_EQ(sink->Finish(5).error().code(), ErrorCode::kInvalidOptions) << "page 3 is missing";
}

TEST(PageSource, ReadsAnyRangeAndNoMore) {
  TestRepository repo;
  BackupContent content;
  content.pages["main"] = {512, test::Text(512 * 9000, 1)};
  const BackupRecord record = repo.Backup("db", content).value();
  auto reader = repo->Open(record.id, "db").value();
  auto source = reader->OpenPages("main").value();
  Bytes out(512 * 200);
  ASSERT_TRUE(source->Read(4000, out));
  EXPECT_TRUE(std::ranges::equal(
      out, ByteView(content.pages["main"].bytes).subspan(4000 * 512, out.size())));
  EXPECT_EQ(source->Read(8900, out).error().code(), ErrorCode::kInvalidOptions);
  EXPECT_EQ(reader->OpenStream("main").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace dbstow::repository
