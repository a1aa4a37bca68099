"""Misspellings that are never another word, with what was meant. Short: what may be meant is left alone."""

from __future__ import annotations

_TABLE = """
the: teh hte | and: adn nad | that: taht htat | with: wiht | they: tehy | their: thier | there: theer |
because: becuase becasue beacuse becouse becaus | receive: recieve receve | received: recieved receved |
believe: beleive belive | friend: freind | friends: freinds | weird: wierd | until: untill | tomorrow:
tommorow tommorrow tomorow tomorro | tonight: tonite | yesterday: yesturday yesterady | definitely: definately
definatly definetly | separate: seperate | separately: seperately | occurred: occured ocurred | occasion:
ocasion occassion | necessary: neccessary necesary neccesary | accommodate: accomodate | accommodation:
accomodation | address: adress addres | addresses: adresses | appointment: appointement apointment appoinment
| attached: atached attatched | attachment: attachement atachment | available: availible avaliable availabe |
beginning: begining | calendar: calender | colleague: collegue coleague | colleagues: collegues | committee:
comittee commitee | completely: completly | convenient: convinient convenent | convenience: convinience |
decision: decison desicion | different: diffrent | disappointed: dissapointed disapointed | document: docuemnt
| embarrassed: embarassed | environment: enviroment | equipment: equiptment | excellent: excelent |
especially: especialy | experience: experiance | February: febuary feburary | finally: finaly | foreign:
foriegn | government: goverment | grateful: greatful gratefull | guarantee: garantee guarentee | immediately:
imediately immediatly | independent: independant | information: infomation | interested: intrested | invoice:
invioce | knowledge: knowlege | library: libary | maintenance: maintainance maintenence | meeting: meetting |
message: mesage messsage | necessarily: neccessarily | ninth: nineth | noticeable: noticable | occurrence:
occurence | opportunity: oportunity opportunaty | please: plese pleese plase | possible: posible possable |
preferred: prefered | probably: probaly probabley | professional: proffesional profesional | questionnaire:
questionaire | really: realy | recommend: recomend reccomend | recommended: recomended reccomended | referred:
refered | regards: regrads | remember: rember remeber | restaurant: restaurent resturant restarant | schedule:
shedule scedule | secretary: secretery | similar: similiar | sincerely: sincerly sincerley | something:
somthing | surprise: suprise | successful: succesful successfull | thanks: thnaks thansk | thank: thnak |
through: throught | together: togehter | truly: truely | unfortunately: unfortunatly unfortunetly | usually:
usualy | Wednesday: wensday wednsday wendesday | writing: writting | written: writen | which: whcih wich |
would: woudl | could: coudl | should: shoudl | have: ahve | from: fomr | apologise: appologise | apologize:
appologize | apologies: appologies | across: accross | argument: arguement | basically: basicly | business:
buisness bussiness | cemetery: cemetary | conscious: concious | correspondence: correspondance | existence:
existance | familiar: familar | height: heigth | happened: happend | incidentally: incidently | language:
langauge | length: lenght | misspelled: mispelled | persistent: persistant | privilege: priviledge | receipt:
reciept | reference: referance | relevant: relevent | responsible: responsable | review: reveiw | rhythm:
rythm | sentence: sentance | signature: signiture | speech: speach | succeed: succede | temperature:
temperture | transferred: transfered | vehicle: vehical | visible: visable | a lot: alot | as well: aswell |
in case: incase | each other: eachother | don't: dont | doesn't: doesnt | didn't: didnt | can't: cant |
couldn't: couldnt | wouldn't: wouldnt | shouldn't: shouldnt | isn't: isnt | aren't: arent | wasn't: wasnt |
weren't: werent | haven't: havent | hasn't: hasnt | hadn't: hadnt | won't: wont | I'm: im | I've: ive |
you're: youre | they're: theyre | that's: thats | what's: whats | you've: youve | we've: weve
"""
"""Right word: the wrong ones | ..."""
SPELLINGS = {
    wrong: right.strip()
    for right, _, row in (entry.partition(":") for entry in " ".join(_TABLE.split()).split("|"))
    for wrong in row.split()
}
"""Wrong word in lower case -> right word."""
PHRASES = {"should of": "should have", "could of": "could have", "would of": "would have", "must of": "must have"}
PROPER = {
    word.lower(): word
    for word in str.split(
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February April June July September "
        "October November December English German French Italian Spanish Christmas Easter"
    )
}  # fmt: skip
"""Words that always have a capital; "march", "may" and "august" do not."""
REPEATABLE = frozenset(str.split("that had very so no bye ha yes really many much now blah knock cha bora pago"))
"""Words that may rightly stand twice."""
