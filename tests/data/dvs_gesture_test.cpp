// SPDX-License-Identifier: MIT
#include "staa/data/dvs_gesture.hpp"

#include "data/event_writers.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::DvsGesture;
using staa::Event;
using staa::GestureLabel;
using staa::Split;
using namespace staa_tests;

const std::string names = "class,startTime_usec,endTime_usec\n";

std::vector<GestureLabel> labels(const std::string& text) { return staa::parse_gesture_labels(text, "a.csv"); }
std::vector<std::string> trials(const std::string& text) { return staa::parse_trial_list(text, "a.txt"); }

static_assert(staa::EventDataSet<DvsGesture>);

TEST_CASE("Each row of a gesture file is a class from 1, a start and an end", "[data]") {
    CHECK(labels(names + "1,80048239,85092709\n11,180675853,187389051\n") ==
          std::vector<GestureLabel>{{0, 80048239, 85092709}, {10, 180675853, 187389051}});
}

TEST_CASE("Rows of a gesture file may end in CR LF, and the last row may have no line end", "[data]") {
    CHECK(labels("class,startTime_usec,endTime_usec\r\n2,5,6\r\n\r\n3,7,8") ==
          std::vector<GestureLabel>{{1, 5, 6}, {2, 7, 8}});
}

TEST_CASE("Gestures may overlap, as they do in the official files", "[data]") {
    CHECK(labels(names + "9,10,30\n10,20,40\n").size() == 2);
}

TEST_CASE("A gesture file without names of its columns is an error", "[data]") {
    CHECK_THROWS_MATCHES(labels(""), staa::Error,
                         Message("a.csv is empty; expected the names class,startTime_usec,endTime_usec"));
    CHECK_THROWS_MATCHES(labels("1,5,6\n"), staa::Error,
                         Message("a.csv, line 1: '1,5,6' found, expected the names class,startTime_usec,endTime_usec"));
}

TEST_CASE("A row of a gesture file that is not three whole numbers is an error with its line", "[data]") {
    for (const std::string row :
         {"1,5", "1,5,", "1,5,6,7", "1;5;6", "one,5,6", "1, 5,6", "1,5,6.5", "1,5,99999999999999999999"}) {
        CHECK_THROWS_MATCHES(
            labels(names + "1,2,3\n" + row + "\n"), staa::Error,
            Message("a.csv, line 3: '" + row + "' is no row; expected three whole numbers: class,start,end"));
    }
}

TEST_CASE("A gesture's class outside 1 to 11 is an error with its line", "[data]") {
    CHECK_THROWS_MATCHES(labels(names + "0,5,6"), staa::Error,
                         Message("a.csv, line 2: the class is 0, expected 1 to 11"));
    CHECK_THROWS_MATCHES(labels(names + "12,5,6"), staa::Error,
                         Message("a.csv, line 2: the class is 12, expected 1 to 11"));
}

TEST_CASE("A gesture that does not end after its start is an error with its line", "[data]") {
    CHECK_THROWS_MATCHES(labels(names + "1,6,6"), staa::Error,
                         Message("a.csv, line 2: the gesture is from 6 to 6 us, expected 0 <= start < end"));
    CHECK_THROWS_MATCHES(labels(names + "1,-6,6"), staa::Error,
                         Message("a.csv, line 2: the gesture is from -6 to 6 us, expected 0 <= start < end"));
}

TEST_CASE("A trial list names one recording per line", "[data]") {
    CHECK(trials("user01_led.aedat\r\n  user02_lab.aedat \n\n") ==
          std::vector<std::string>{"user01_led.aedat", "user02_lab.aedat"});
    CHECK(trials("").empty());
}

TEST_CASE("A line of a trial list that is no recording is an error", "[data]") {
    for (const std::string name : {"user01_led.csv", "../user01.aedat", "a\\b.aedat", "C:a.aedat", ".aedat"}) {
        CHECK_THROWS_MATCHES(
            trials("user01_led.aedat\n" + name), staa::Error,
            Message("a.txt, line 2: '" + name + "' is no recording; expected a name such as user01_led.aedat"));
    }
}

/// Two recordings for training, of two gestures and of one, and the second one again for testing.
void write_recordings(const TemporaryFolder& folder) {
    folder.write("trials_to_train.txt", "user01_led.aedat\nuser02_led.aedat\n");
    folder.write("trials_to_test.txt", "user02_led.aedat\n");
    folder.write("user01_led.aedat",
                 aedat3_file({128, 128, {{9, 1, 1, 0}, {10, 2, 2, 0}, {19, 3, 3, 1}, {20, 4, 4, 0}, {30, 5, 5, 1}}}));
    folder.write("user01_led_labels.csv", names + "4,10,20\n11,20,31\n");
    folder.write("user02_led.aedat", aedat3_file({128, 128, {{7, 7, 7, 0}}}));
    folder.write("user02_led_labels.csv", names + "1,0,8\n");
}

TEST_CASE("DVS128 Gesture cuts each gesture out of its recording", "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder);
    const auto set = DvsGesture::open(folder.path(), Split::train);

    REQUIRE(set.size() == 3);
    CHECK(set.classes() == 11);
    CHECK(set.sample(0).label == 3);
    CHECK(set.sample(0).events.list == std::vector<Event>{{10, 2, 2, 0}, {19, 3, 3, 1}});
    CHECK(set.sample(1).label == 10);
    CHECK(set.sample(1).events.list == std::vector<Event>{{20, 4, 4, 0}, {30, 5, 5, 1}});
    CHECK(set.sample(2).label == 0);
    CHECK(set.sample(2).events.list == std::vector<Event>{{7, 7, 7, 0}});
    CHECK(DvsGesture::open(folder.path(), Split::test).size() == 1);
}

TEST_CASE("A missing file of DVS128 Gesture is named", "[data]") {
    const TemporaryFolder folder;
    CHECK_THROWS_MATCHES(
        DvsGesture::open(folder.path(), Split::train), staa::Error,
        Message("no such file: " + folder.file("trials_to_train.txt") + "; expected a file of DVS128 Gesture"));
    write_recordings(folder);
    std::filesystem::remove(folder.path() / "user01_led_labels.csv");
    CHECK_THROWS_MATCHES(
        DvsGesture::open(folder.path(), Split::train), staa::Error,
        Message("no such file: " + folder.file("user01_led_labels.csv") + "; expected a file of DVS128 Gesture"));
    std::filesystem::remove(folder.path() / "user01_led.aedat");
    CHECK_THROWS_MATCHES(DvsGesture::open(folder.path(), Split::train), staa::Error,
                         Message("no such file: " + folder.file("user01_led.aedat") + "; expected a recording that " +
                                 folder.file("trials_to_train.txt") + " names"));
}

TEST_CASE("A recording of DVS128 Gesture whose name is too long for the system is reported as missing", "[data]") {
    const TemporaryFolder folder;
    const std::string name = std::string(300, 'a') + ".aedat";
    folder.write("trials_to_train.txt", name);
    CHECK_THROWS_MATCHES(DvsGesture::open(folder.path(), Split::train), staa::Error,
                         Message("no such file: " + folder.file(name) + "; expected a recording that " +
                                 folder.file("trials_to_train.txt") + " names"));
}

TEST_CASE("A gesture of DVS128 Gesture without events is an error, not a sample of zeros", "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder);
    folder.write("user01_led_labels.csv", names + "4,10,20\n11,40,50\n");
    const auto set = DvsGesture::open(folder.path(), Split::train);
    CHECK(set.sample(0).events.size() == 2);
    CHECK_THROWS_MATCHES(
        set.sample(1), staa::Error,
        Message(folder.file("user01_led.aedat") + ": no event from 40 to before 50 us; expected gesture 2 of " +
                folder.file("user01_led_labels.csv") + " there"));
}

TEST_CASE("A trial list of DVS128 Gesture without gestures is an error", "[data]") {
    const TemporaryFolder folder;
    folder.write("trials_to_test.txt", "\n");
    CHECK_THROWS_MATCHES(
        DvsGesture::open(folder.path(), Split::test), staa::Error,
        Message(folder.file("trials_to_test.txt") + " names no gesture; expected recordings with labels"));
}

}  // namespace
